-- No parameters. The texts of the staged scenarios; returns those that were run before under the same version with another text.
WITH recorded AS (
  INSERT INTO aml.scenario_versions (scenario, version, sha256, title, typology, detector, definition)
  SELECT scenario, version, sha256, title, typology, detector, definition::jsonb FROM pg_temp.staged_scenarios
  ON CONFLICT (scenario, version, sha256) DO NOTHING
)
SELECT s.scenario
FROM pg_temp.staged_scenarios s
WHERE EXISTS (SELECT FROM aml.scenario_versions v WHERE v.scenario = s.scenario AND v.version = s.version AND v.sha256 <> s.sha256)
