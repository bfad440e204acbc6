-- $1 file_id of a batch, $2 SHA-256 of its id and its new rows, $3 bytes of these, $4 how many rows the source had given before.
UPDATE aml.ingested_files SET sha256 = $2, bytes = $3, rows_known = $4 WHERE file_id = $1
