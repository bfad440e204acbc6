-- $1 training run, $2 names, $3 values.
INSERT INTO aml.training_metrics (training_run, metric, value)
SELECT $1::bigint, metric, value FROM unnest($2::text[], $3::double precision[]) AS m (metric, value)
