-- $1 buckets and $2 keys of rows that are new in a batch, $3 its file_id. Their contents of before: a row that is again what it was is new.
DELETE FROM aml.source_rows known
USING unnest($1::integer[], $2::uuid[]) AS given (bucket, row_key)
WHERE known.bucket IN (given.bucket, 0) AND known.row_key = given.row_key AND known.file_id < $3::bigint
