-- Incremental runs read what came since a version: see sql/query/added_transfers.sql.
CREATE INDEX ingested_files_version ON aml.ingested_files (version);
-- A BRIN index knows the newest rows, which are those that a small load and an incremental run ask for, only after the next VACUUM: until then
-- it leads to the whole table.
DROP INDEX silver.transfers_file;
CREATE INDEX transfers_file ON silver.transfers (file_id);

-- A run that failed before it wrote gold has read nothing.
CREATE OR REPLACE VIEW aml.unseen_versions AS
SELECT DISTINCT version FROM aml.version_tables
WHERE table_name LIKE 'silver.%'
  AND version > coalesce((SELECT coalesce(read_version, 0) FROM aml.runs
                          WHERE purpose = 'production' AND version IS NOT NULL
                          ORDER BY run_id DESC
                          LIMIT 1), -1);
COMMENT ON VIEW aml.unseen_versions IS 'Versions that changed silver since the one that the newest production run with gold read.';
