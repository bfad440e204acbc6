-- $1 run. From it on the staged findings are found as they are, unless earlier runs found them so.
INSERT INTO gold.alert_periods (alert_id, from_run_id, version, score, severity)
SELECT f.alert_id, $1::bigint, s.version, f.score, f.severity
FROM pg_temp.staged_findings f
JOIN pg_temp.staged_scenarios s USING (scenario)
WHERE NOT EXISTS (SELECT FROM gold.alert_periods p WHERE p.alert_id = f.alert_id AND p.until_run_id IS NULL)
