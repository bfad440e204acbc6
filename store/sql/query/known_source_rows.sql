-- $1 keys and $2 contents of rows that a source gives, $3 whether a row is known by its key alone, $4 file_id of the batch that they are part
-- of, null: of none yet. The numbers of those that are known, counted from 1. Of a key that has two contents in one batch both are new: neither
-- is the newer one. A subquery for each row, because the planner would read the whole table for a few thousand.
SELECT number
FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS given (row_key, content, number)
WHERE (SELECT true
       FROM aml.source_rows known
       WHERE known.row_key = given.row_key AND (known.content = given.content OR ($3::boolean AND ($4::bigint IS NULL OR known.file_id < $4)))
       LIMIT 1)
