-- $1 run. The staged missing alerts are gone since this run, but for those that stay; returns how many of each scenario.
WITH gone AS (
  UPDATE gold.alerts a SET gone_run_id = $1::bigint, valid_from = DEFAULT
  FROM pg_temp.staged_missing_alerts m
  WHERE a.alert_id = m.alert_id AND a.scenario = m.scenario AND a.gone_run_id IS NULL AND NOT m.stays
  RETURNING a.scenario
)
SELECT scenario, count(*) AS gone FROM gone GROUP BY scenario
