-- $1 file_id, $2 dataset, $3 format, $4 columns, $5 their types. Records the columns of a file, unless a file before it had the same.
WITH given AS (
  SELECT encode(sha256(convert_to($4::text[]::text, 'UTF8')), 'hex') AS columns_sha256
),
recorded AS (
  INSERT INTO aml.file_schemas (dataset, format, columns, types, columns_sha256, first_file_id)
  SELECT $2, $3, $4::text[], $5::text[], columns_sha256, $1::bigint FROM given
  ON CONFLICT (dataset, format, columns_sha256) DO NOTHING
  RETURNING schema_id
)
UPDATE aml.ingested_files
SET schema_id = coalesce(
  (SELECT schema_id FROM recorded),
  (SELECT known.schema_id FROM aml.file_schemas known JOIN given USING (columns_sha256) WHERE known.dataset = $2 AND known.format = $3))
WHERE file_id = $1::bigint
