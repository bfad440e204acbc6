-- $1 run; $2 text[]: scenarios; $3 bigint[]: of each, alerts that came, new or found again; $4 bigint[]: alerts that went; $5 bigint[]: new ones;
-- $6 bigint[]: all that it found; empty: those before, with what came and without what went. From it on they have this outcome, unless runs before
-- it had it, too; returns how many alerts of each there are.
WITH begun AS (
  INSERT INTO gold.scenario_periods (scenario, from_run_id, version, alerts, added, gone, model, model_version)
  SELECT s.scenario, $1::bigint, s.version, coalesce(c.found, coalesce(before.alerts, 0) + c.came - c.went), c.added, c.went, s.model,
         s.model_version
  FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[]) AS c (scenario, came, went, added, found)
  JOIN pg_temp.staged_scenarios s USING (scenario)
  LEFT JOIN LATERAL (SELECT p.alerts FROM gold.scenario_periods p
                     WHERE p.scenario = s.scenario
                     ORDER BY p.from_run_id DESC LIMIT 1) before ON true
  WHERE NOT EXISTS (SELECT FROM gold.scenario_periods p WHERE p.scenario = s.scenario AND p.until_run_id IS NULL)
  RETURNING scenario, alerts
)
SELECT scenario, alerts FROM begun
UNION ALL
SELECT p.scenario, p.alerts FROM gold.scenario_periods p JOIN pg_temp.staged_scenarios USING (scenario) WHERE p.until_run_id IS NULL
