-- Incremental runs read what came since a version: see sql/query/added_transfers.sql.
CREATE INDEX ingested_files_version ON aml.ingested_files (version);
-- Else the newest rows of the table, which are those asked for, are read as a whole until the next VACUUM.
ALTER INDEX silver.transfers_file SET (autosummarize = on);

-- A run that failed before it wrote gold has read nothing.
CREATE OR REPLACE VIEW aml.unseen_versions AS
SELECT DISTINCT version FROM aml.version_tables
WHERE table_name LIKE 'silver.%'
  AND version > coalesce((SELECT coalesce(read_version, 0) FROM aml.runs
                          WHERE purpose = 'production' AND version IS NOT NULL
                          ORDER BY run_id DESC
                          LIMIT 1), -1);
COMMENT ON VIEW aml.unseen_versions IS 'Versions that changed silver since the one that the newest production run with gold read.';
