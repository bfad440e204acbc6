-- $1 run. Counts the staged findings and holds them against the current alerts; returns for each staged scenario how many there are, how many
-- of them are new and how many alerts are not among them, none of a scenario
-- that ended at a budget.
WITH compared AS (
  SELECT coalesce(f.scenario, a.scenario) AS scenario, f.alert_id AS found, a.alert_id AS current
  FROM pg_temp.staged_findings f
  FULL JOIN (SELECT alert_id, scenario FROM gold.alerts WHERE gone_run_id IS NULL) a USING (alert_id)
)
INSERT INTO backtest.results (run_id, scenario, version, title, typology, definition, model, model_version, findings, added, gone)
SELECT $1::bigint, s.scenario, s.version, s.title, s.typology, s.definition::jsonb, s.model, s.model_version, count(c.found),
       count(c.found) FILTER (WHERE c.current IS NULL), count(c.current) FILTER (WHERE c.found IS NULL AND NOT s.is_truncated)
FROM pg_temp.staged_scenarios s
LEFT JOIN compared c USING (scenario)
GROUP BY s.scenario
RETURNING scenario, findings AS alerts, added, gone
