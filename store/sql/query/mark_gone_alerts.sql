-- $1 run. The staged gone alerts are gone since this run; returns how many of each scenario.
WITH gone AS (
  UPDATE gold.alerts a SET gone_run_id = $1::bigint, valid_from = DEFAULT
  FROM pg_temp.staged_gone_alerts g
  WHERE a.alert_id = g.alert_id AND a.scenario = g.scenario AND a.gone_run_id IS NULL
  RETURNING a.scenario
)
SELECT scenario, count(*) AS gone FROM gone GROUP BY scenario
