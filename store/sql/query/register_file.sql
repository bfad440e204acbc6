-- $1 SHA-256 of the content, $2 dataset, $3 format, $4 path, $5 bytes of the file. Begins the load of a file; counts follow.
INSERT INTO aml.ingested_files (sha256, dataset, format, path, bytes, lines_read, rows_loaded, rows_quarantined, seconds)
VALUES ($1, $2, $3, $4, $5, 0, 0, 0, 0)
RETURNING file_id
