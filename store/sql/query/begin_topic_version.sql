-- $1 source, $2 topic, $3 dataset. The version of the data that a batch of messages makes.
SELECT aml.begin_version('LOAD', jsonb_build_object('source', $1::text, 'topic', $2::text, 'dataset', $3::text))
