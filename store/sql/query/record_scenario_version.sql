-- $1 scenario, $2 version, $3 sha256, $4 title, $5 typology, $6 detector, $7 definition. Returns whether this version was run with another text before.
WITH recorded AS (
  INSERT INTO aml.scenario_versions (scenario, version, sha256, title, typology, detector, definition)
  VALUES ($1, $2::integer, $3, $4, $5, $6, $7::jsonb)
  ON CONFLICT (scenario, version, sha256) DO NOTHING
)
SELECT EXISTS (SELECT FROM aml.scenario_versions WHERE scenario = $1 AND version = $2::integer AND sha256 <> $3)
