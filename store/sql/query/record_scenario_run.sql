-- $1 scenario, $2 version, $3 title, $4 typology, $5 run.
INSERT INTO gold.scenario_runs (scenario, version, title, typology, last_run_id)
VALUES ($1, $2::integer, $3, $4, $5::bigint)
ON CONFLICT (scenario) DO UPDATE
  SET version = excluded.version, title = excluded.title, typology = excluded.typology,
      last_run_id = excluded.last_run_id, valid_from = excluded.valid_from
