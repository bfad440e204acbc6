-- $1 table, $2 earlier version, $3 later version. What differs, by kind and key.
SELECT change, key::text, before::text, after::text FROM aml.diff_table($1::regclass, $2::bigint, $3::bigint)
