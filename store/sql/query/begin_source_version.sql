-- $1 source, $2 dataset, $3 and $4 from which to which watermark, null: from the first, or there is none. The version of the data that a
-- batch of a source makes.
SELECT aml.begin_version('LOAD', jsonb_strip_nulls(jsonb_build_object('source', $1::text, 'dataset', $2::text, 'from', $3::text, 'to', $4::text)))
