-- $1 run, $2 base currency. The staged findings as those of a backtest.
INSERT INTO backtest.findings (run_id, alert_id, scenario, subject_kind, subject, score, severity, amount, currency,
                               first_activity_at, last_activity_at, explanation)
SELECT $1::bigint, alert_id, scenario, subject_kind, subject, score, severity, amount, CASE WHEN amount IS NOT NULL THEN $2 END,
       first_activity_at, last_activity_at, explanation
FROM pg_temp.staged_findings
