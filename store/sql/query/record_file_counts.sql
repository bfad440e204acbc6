-- $1 file_id, $2 records read, $3 loaded, $4 quarantined, $5 seconds, $6 records that name somebody whose data were erased. Ends the load of
-- a file.
UPDATE aml.ingested_files SET lines_read = $2, rows_loaded = $3, rows_quarantined = $4, seconds = $5, rows_of_erased = $6 WHERE file_id = $1
