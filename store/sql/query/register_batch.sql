-- $1 source, $2 dataset, $3 and $4 from which to which watermark, each may be null. Begins the load of a batch; what is in it is known at
-- its end.
INSERT INTO aml.ingested_files
  (sha256, dataset, format, path, bytes, lines_read, rows_loaded, rows_quarantined, seconds, kind, position_from, position_to)
VALUES (gen_random_uuid()::text, $2, 'aml', $1, 0, 0, 0, 0, 0, 'table', $3, $4)
RETURNING file_id
