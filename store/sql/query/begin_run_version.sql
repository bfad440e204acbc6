-- $1 run. The version of the data that a run makes, from the version that it read.
SELECT aml.begin_version('RUN', jsonb_build_object('run_id', run_id, 'kind', kind, 'scenarios', to_jsonb(scenarios), 'seed', seed), read_version)
FROM aml.runs WHERE run_id = $1::bigint
