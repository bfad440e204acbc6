-- $1 source, $2 part, $3 position, $4 the batch that brought rows up to there, null: there was none.
INSERT INTO aml.source_positions AS known (source, part, position, file_id) VALUES ($1, $2, $3, $4)
ON CONFLICT (source, part) DO UPDATE
SET position = excluded.position, file_id = coalesce(excluded.file_id, known.file_id), updated_at = excluded.updated_at
