-- $1 run. It does not find the staged missing alerts, and some staged findings with another score, severity or version.
UPDATE gold.alert_periods p SET until_run_id = $1::bigint, valid_from = DEFAULT
FROM (SELECT alert_id, NULL AS version, NULL AS score, NULL AS severity FROM pg_temp.staged_missing_alerts
      UNION ALL
      SELECT f.alert_id, s.version, f.score, f.severity FROM pg_temp.staged_findings f JOIN pg_temp.staged_scenarios s USING (scenario)) found
WHERE p.alert_id = found.alert_id AND p.until_run_id IS NULL
  AND (p.version, p.score, p.severity) IS DISTINCT FROM (found.version, found.score, found.severity)
