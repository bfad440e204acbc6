-- $1 path, $2 sha256, $3 dataset. The version of the data that the load of a file makes.
SELECT aml.begin_version('LOAD', jsonb_build_object('path', $1::text, 'sha256', $2::text, 'dataset', $3::text))
