-- $1 file_id or path. The file with that id, else the newest that was loaded under that path; no row if there is none.
SELECT file_id FROM aml.ingested_files WHERE file_id::text = $1::text OR path = $1 ORDER BY (file_id::text = $1) DESC, file_id DESC LIMIT 1
