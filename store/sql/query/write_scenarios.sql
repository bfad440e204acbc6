-- No parameters. Puts the staged scenarios in force.
INSERT INTO gold.scenarios (scenario, version, title, typology)
SELECT scenario, version, title, typology
FROM pg_temp.staged_scenarios s
WHERE NOT EXISTS (SELECT FROM gold.scenarios g
                  WHERE (g.scenario, g.version, g.title, g.typology) = (s.scenario, s.version, s.title, s.typology))
ON CONFLICT (scenario) DO UPDATE
  SET version = excluded.version, title = excluded.title, typology = excluded.typology, valid_from = excluded.valid_from
