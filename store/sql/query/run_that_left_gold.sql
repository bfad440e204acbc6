-- No parameters. The newest production run that wrote gold; no row if there is none, or if something else has changed gold since.
SELECT run_id
FROM (SELECT run_id, version FROM aml.runs WHERE version IS NOT NULL AND purpose = 'production' ORDER BY run_id DESC LIMIT 1) newest
WHERE NOT EXISTS (SELECT FROM aml.version_tables t WHERE t.version > newest.version AND t.table_name LIKE 'gold.%')
