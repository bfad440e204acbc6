-- $1 run. Counts the staged findings and holds them against the current alerts; returns for each staged scenario how many there are, how many
-- of them are new and how many alerts would be gone: those of the staged missing ones that do not stay.
WITH found AS (
  SELECT f.scenario, count(*) AS findings, count(*) FILTER (WHERE a.alert_id IS NULL) AS added
  FROM pg_temp.staged_findings f
  LEFT JOIN gold.alerts a ON a.alert_id = f.alert_id AND a.gone_run_id IS NULL
  GROUP BY f.scenario
), gone AS (
  SELECT scenario, count(*) AS alerts FROM pg_temp.staged_missing_alerts WHERE NOT stays GROUP BY scenario
)
INSERT INTO backtest.results (run_id, scenario, version, title, typology, definition, model, model_version, findings, added, gone)
SELECT $1::bigint, s.scenario, s.version, s.title, s.typology, s.definition::jsonb, s.model, s.model_version, coalesce(f.findings, 0),
       coalesce(f.added, 0), coalesce(g.alerts, 0)
FROM pg_temp.staged_scenarios s
LEFT JOIN found f USING (scenario)
LEFT JOIN gone g USING (scenario)
RETURNING scenario, findings AS alerts, added, gone
