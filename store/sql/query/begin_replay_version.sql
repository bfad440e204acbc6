-- $1 reason, $2 dataset, $3 file: what was chosen, each may be null. The version of the data that a replay of quarantined rows makes.
SELECT aml.begin_version('REPLAY', jsonb_strip_nulls(jsonb_build_object('reason', $1::text, 'dataset', $2::text, 'file', $3::text)))
