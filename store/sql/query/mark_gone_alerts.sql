-- $1 run. The staged missing alerts of scenarios that looked everywhere are gone since this run; returns how many of each scenario.
WITH gone AS (
  UPDATE gold.alerts a SET gone_run_id = $1::bigint, valid_from = DEFAULT
  FROM pg_temp.staged_missing_alerts m
  JOIN pg_temp.staged_scenarios s USING (scenario)
  WHERE a.alert_id = m.alert_id AND a.scenario = m.scenario AND a.gone_run_id IS NULL AND NOT s.is_truncated
  RETURNING a.scenario
)
SELECT scenario, count(*) AS gone FROM gone GROUP BY scenario
