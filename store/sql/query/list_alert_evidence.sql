-- $1 alerts, $2 their backtest or 0 for gold. In the order of the array, then of importance.
SELECT wanted.position, e.feature, e.observed, e.threshold, e.contribution, e.sentence
FROM unnest($1::text[]) WITH ORDINALITY wanted (alert_id, position)
JOIN aml.finding_evidence e ON e.alert_id = wanted.alert_id AND e.backtest_run_id = $2::bigint
ORDER BY wanted.position, e.item
