-- $1 at most this many rows, null for all. The columns that files had, one row each, newest list first, with what became of them in silver.
SELECT schemas.schema_id, schemas.dataset, schemas.format, given.position, given.name, schemas.types[given.position] AS type,
       coalesce(added.column_name, '') AS added_as, first.path AS first_seen_in,
       to_char(first.loaded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') AS first_seen_at,
       (SELECT count(*) FROM aml.ingested_files files WHERE files.schema_id = schemas.schema_id) AS files
FROM aml.file_schemas schemas
JOIN aml.ingested_files first ON first.file_id = schemas.first_file_id
CROSS JOIN LATERAL unnest(schemas.columns) WITH ORDINALITY AS given (name, position)
LEFT JOIN aml.added_columns added ON added.dataset = schemas.dataset AND added.source_name = aml.folded_name(given.name)
ORDER BY schemas.schema_id DESC, given.position
LIMIT $1::bigint
