-- $1 table or null for all, $2 how many at most or null for all. The versions that wrote the table, newest first.
SELECT version, gold.iso_time(committed_at) AS committed_at, user_name, operation, operation_parameters::text AS parameters,
       operation_metrics::text AS metrics, read_version, run_id, array_to_string(file_ids, ' ') AS files, client, program_version, is_readable
FROM aml.version_history
WHERE $1::text IS NULL OR version IN (SELECT version FROM aml.version_tables WHERE table_name = $1::text)
ORDER BY version DESC
LIMIT $2::bigint
