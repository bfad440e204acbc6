-- $1 SHA-256 of the content, $2 dataset, $3 format, $4 path, $5 bytes of the file, $6 bytes of its content, $7 the file whose content it
-- begins with or null. Begins the load of a file; counts follow.
INSERT INTO aml.ingested_files
  (sha256, dataset, format, path, bytes, content_bytes, continues_file_id, replaces_file_id, lines_read, rows_loaded, rows_quarantined, seconds)
VALUES ($1, $2, $3, $4, $5, $6, $7, (SELECT max(file_id) FROM aml.ingested_files WHERE path = $4 AND kind = 'file'), 0, 0, 0, 0)
RETURNING file_id
