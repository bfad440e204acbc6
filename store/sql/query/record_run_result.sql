-- $1 run, $2 scenario, $3 version, $4 alerts, $5 added, $6 gone, $7, $8 model and its version or nulls.
INSERT INTO gold.run_results (run_id, scenario, version, alerts, added, gone, model, model_version)
VALUES ($1::bigint, $2, $3::integer, $4::bigint, $5::bigint, $6::bigint, $7, $8::integer)
