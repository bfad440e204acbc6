-- $1 buckets. Those in which rows are remembered; all, if bucket 0 holds rows (known_source_rows.sql). By min(), for which the planner
-- uses the key; it expects many rows in a bucket, and would read the whole table for one.
SELECT bucket
FROM unnest($1::integer[]) AS given (bucket)
WHERE (SELECT min(known.bucket) FROM aml.source_rows known WHERE known.bucket >= given.bucket) = given.bucket
   OR (SELECT min(bucket) FROM aml.source_rows WHERE bucket >= 0) = 0
