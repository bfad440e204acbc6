-- $1 dataset, $2 format. The newest thousand contents of a kind, shortest first: a file that begins with one of them continues it.
SELECT file_id, content_bytes, sha256, path
FROM (
  SELECT file_id, content_bytes, sha256, path
  FROM aml.ingested_files
  WHERE dataset = $1 AND format = $2 AND content_bytes > 0
  ORDER BY file_id DESC
  LIMIT 1000
) AS newest
ORDER BY content_bytes
