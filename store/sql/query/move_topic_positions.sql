-- $1 file_id of the batch, null if there is none, $2 source, $3 partitions, $4 where reading went on in each, empty if it was never looked
-- at, $5 where it goes on. Returns how many were moved: all, unless another reader has moved some since.
WITH batch (part, begins, ends) AS (SELECT * FROM unnest($3::text[], $4::text[], $5::text[])),
moved AS (
  UPDATE aml.source_positions AS known
  SET position = batch.ends, file_id = $1, updated_at = now()
  FROM batch
  WHERE known.source = $2 AND known.part = batch.part AND known.position = batch.begins
  RETURNING 1
),
begun AS (
  INSERT INTO aml.source_positions (source, part, position, file_id)
  SELECT $2, part, ends, $1 FROM batch WHERE begins = ''
  ON CONFLICT (source, part) DO NOTHING
  RETURNING 1
)
SELECT (SELECT count(*) FROM moved) + (SELECT count(*) FROM begun)
