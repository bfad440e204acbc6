-- No parameters. The staged missing alerts that stay do so as the run left them that found them last; returns how many of each scenario.
WITH unreached AS (
  SELECT m.alert_id, m.scenario, r.last_run_id
  FROM pg_temp.staged_missing_alerts m
  JOIN gold.scenario_runs r USING (scenario)
  WHERE m.stays
), marked AS (
  UPDATE gold.alerts a SET found_until_run_id = u.last_run_id, valid_from = DEFAULT
  FROM unreached u
  WHERE a.alert_id = u.alert_id AND a.found_until_run_id IS NULL
)
SELECT scenario, count(*) AS unreached FROM unreached GROUP BY scenario
