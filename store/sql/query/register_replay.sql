-- $1 dataset, $2 format of the files that the rows come from. Begins a replay; what is in it is known at its end.
INSERT INTO aml.ingested_files (sha256, dataset, format, path, bytes, lines_read, rows_loaded, rows_quarantined, seconds, operation)
VALUES (gen_random_uuid()::text, $1, $2, 'quarantine', 0, 0, 0, 0, 0, 'REPLAY')
RETURNING file_id
