-- $1 run, $2 scenario, $3 version, $4 title, $5 typology, $6 definition, $7, $8 model and its version or nulls. Counts
-- the staged findings and holds them against the current alerts; returns how many there are, how many of them are new and how many alerts are not among them.
WITH current AS (
  SELECT a.alert_id
  FROM gold.alerts a
  JOIN gold.scenario_runs s ON s.scenario = a.scenario AND s.last_run_id = a.last_run_id
  WHERE a.scenario = $2
)
INSERT INTO backtest.results (run_id, scenario, version, title, typology, definition, model, model_version, findings, added, gone)
SELECT $1::bigint, $2, $3::integer, $4, $5, $6::jsonb, $7, $8::integer, count(f.alert_id),
       count(*) FILTER (WHERE c.alert_id IS NULL AND f.alert_id IS NOT NULL),
       count(*) FILTER (WHERE f.alert_id IS NULL AND c.alert_id IS NOT NULL)
FROM pg_temp.staged_findings f
FULL JOIN current c USING (alert_id)
RETURNING findings AS alerts, added, gone
