-- $1 file_id of a batch, $2 keys and $3 contents of rows that a source gives, $4 whether a new content replaces the old one, $5 whether a
-- row is known by its key alone. Remembers what it had not given before and returns the contents of the rows that are new. Of a key that
-- has two contents in one batch both are kept, so that neither comes again. Of those that were erased hashes of the hashes are kept.
WITH given AS MATERIALIZED (
  SELECT DISTINCT row_key, content FROM unnest($2::uuid[], $3::uuid[]) AS hashes (row_key, content)
),
added AS (
  INSERT INTO aml.source_rows (row_key, content, file_id)
  SELECT row_key, content, $1::bigint FROM given
  WHERE NOT EXISTS (SELECT FROM aml.erasure_secret)
     OR NOT EXISTS (SELECT FROM aml.source_rows known
                    WHERE known.row_key = aml.keyed_uuid(given.row_key) AND known.content = aml.keyed_uuid(given.content))
  ON CONFLICT DO NOTHING
  RETURNING row_key, content
),
replaced AS (
  DELETE FROM aml.source_rows known
  USING added
  WHERE $4::boolean AND known.row_key = added.row_key AND known.file_id < $1
)
SELECT content
FROM added
WHERE NOT $5::boolean OR NOT EXISTS (SELECT FROM aml.source_rows known WHERE known.row_key = added.row_key AND known.file_id < $1)
