-- $1 buckets, $2 keys and $3 contents of rows that a source gives, $4 the newest batch whose rows are known by their keys alone, 0: none. The
-- numbers of those that are known, counted from 1. Of a key that has two contents in one batch both are new, so that neither comes again. A
-- subquery for each row, because the planner would read the whole table for a few thousand; another only where bucket 0 holds rows, which were
-- remembered before there were buckets, or are about somebody who was erased.
SELECT number
FROM unnest($1::integer[], $2::uuid[], $3::uuid[]) WITH ORDINALITY AS given (bucket, row_key, content, number)
WHERE (SELECT true
       FROM aml.source_rows known
       WHERE known.bucket = given.bucket AND known.row_key = given.row_key AND (known.content = given.content OR known.file_id <= $4::bigint)
       LIMIT 1)
   OR (SELECT min(bucket) FROM aml.source_rows WHERE bucket >= 0) = 0
      AND (SELECT true
           FROM aml.source_rows known
           WHERE known.bucket = 0 AND known.row_key = given.row_key AND (known.content = given.content OR known.file_id <= $4)
           LIMIT 1)
