-- $1 run. The staged evidence as that of a backtest.
INSERT INTO backtest.finding_evidence (run_id, alert_id, item, feature, observed, threshold, contribution, sentence)
SELECT $1::bigint, alert_id, item, feature, observed, threshold, contribution, sentence FROM pg_temp.staged_evidence
