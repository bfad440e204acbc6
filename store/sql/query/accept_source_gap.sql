-- $1 source, $2 part, $3 where reading should go on, $4 where it can. Moves the position, unless another reader has, and keeps a record.
WITH moved AS (
  UPDATE aml.source_positions SET position = $4, updated_at = now()
  WHERE source = $1 AND part = $2 AND position = $3
  RETURNING 1
)
INSERT INTO aml.source_gaps (source, part, lost_from, lost_to)
SELECT $1, $2, $3, $4 FROM moved
