-- $1 keys of rows that are new in a batch, $2 its file_id. Their contents of before: a row that is again what it was is new.
DELETE FROM aml.source_rows WHERE row_key = ANY ($1::uuid[]) AND file_id < $2::bigint
