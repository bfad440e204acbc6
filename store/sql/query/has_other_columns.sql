-- $1 source, $2 columns. Whether its newest batch had others; no row if it had none yet.
SELECT known.columns <> $2::text[]
FROM aml.ingested_files file
JOIN aml.file_schemas known USING (schema_id)
WHERE file.kind = 'table' AND file.path = $1
ORDER BY file.file_id DESC
LIMIT 1
