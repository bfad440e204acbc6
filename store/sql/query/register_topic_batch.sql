-- $1 SHA-256 of the messages and their places, $2 dataset, $3 source, $4 bytes of the messages, $5 partitions, $6 the offset in each at
-- which the batch begins, $7 behind which it ends. Begins the load of a batch; counts follow.
INSERT INTO aml.ingested_files
  (sha256, dataset, format, path, bytes, lines_read, rows_loaded, rows_quarantined, seconds, kind, position_from, position_to)
SELECT $1, $2, 'aml', $3, $4, 0, 0, 0, 0, 'kafka', jsonb_object_agg(part, begins::bigint)::text, jsonb_object_agg(part, ends::bigint)::text
FROM unnest($5::text[], $6::text[], $7::text[]) AS batch (part, begins, ends)
RETURNING file_id
