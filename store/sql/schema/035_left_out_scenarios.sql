-- The newest run of a scenario that was left out since is found in the index, however many runs came after it.
CREATE OR REPLACE VIEW gold.scenario_runs AS
SELECT s.scenario, s.version, s.title, s.typology, newest.run_id AS last_run_id, s.valid_from
FROM gold.scenarios s
CROSS JOIN LATERAL (SELECT p.from_run_id, p.until_run_id FROM gold.scenario_periods p
                    WHERE p.scenario = s.scenario
                    ORDER BY p.from_run_id DESC LIMIT 1) period
CROSS JOIN LATERAL (SELECT r.run_id FROM aml.runs r
                    WHERE r.version IS NOT NULL AND r.run_id >= period.from_run_id
                      AND r.run_id < coalesce(period.until_run_id, 9223372036854775807)
                    ORDER BY r.run_id DESC LIMIT 1) newest;

CREATE OR REPLACE FUNCTION gold.scenario_runs_as_of(version bigint) RETURNS SETOF gold.scenario_runs LANGUAGE sql STABLE PARALLEL SAFE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT s.scenario, s.version, s.title, s.typology, newest.run_id AS last_run_id, s.valid_from
  FROM gold.scenarios_as_of($1) s
  CROSS JOIN (SELECT r.run_id FROM aml.runs r WHERE r.version <= $1 ORDER BY r.version DESC, r.run_id DESC LIMIT 1) run_then
  CROSS JOIN LATERAL (SELECT p.from_run_id, p.until_run_id FROM gold.scenario_periods p
                      WHERE p.scenario = s.scenario AND p.from_run_id <= run_then.run_id
                      ORDER BY p.from_run_id DESC LIMIT 1) period
  CROSS JOIN LATERAL (SELECT r.run_id FROM aml.runs r
                      WHERE r.version IS NOT NULL AND r.run_id BETWEEN period.from_run_id AND run_then.run_id
                        AND r.run_id < coalesce(period.until_run_id, 9223372036854775807)
                      ORDER BY r.run_id DESC LIMIT 1) newest
$$;
