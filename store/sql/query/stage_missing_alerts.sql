-- No parameters. The current alerts of the staged scenarios that are not among the staged findings.
INSERT INTO pg_temp.staged_missing_alerts (alert_id, scenario)
SELECT a.alert_id, a.scenario
FROM gold.alerts a
JOIN pg_temp.staged_scenarios s USING (scenario)
WHERE a.gone_run_id IS NULL
  AND NOT EXISTS (SELECT FROM pg_temp.staged_findings f WHERE f.alert_id = a.alert_id)
