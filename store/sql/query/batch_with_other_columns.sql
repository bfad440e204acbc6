-- $1 source, $2 columns. Its newest batch that had others, 0 if none had; no row if it gave no batch yet. For each list of columns one step in
-- ingested_files_source, however many batches there are: the greatest entry that is not beyond it, which may be that of another source.
SELECT coalesce(max(newest.file_id), 0)
FROM aml.file_schemas known
CROSS JOIN LATERAL (
  SELECT path, schema_id, file_id
  FROM aml.ingested_files
  WHERE kind = 'table' AND (path, schema_id) <= ($1, known.schema_id)
  ORDER BY path DESC, schema_id DESC, file_id DESC
  LIMIT 1
) AS newest
WHERE known.columns <> $2::text[] AND newest.path = $1 AND newest.schema_id = known.schema_id
HAVING EXISTS (SELECT FROM aml.ingested_files WHERE kind = 'table' AND path = $1)
