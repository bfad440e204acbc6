-- Incremental runs read what came since a version: see sql/query/added_transfers.sql.
CREATE INDEX ingested_files_version ON aml.ingested_files (version);
-- Else the newest rows of the table, which are those asked for, are read as a whole until the next VACUUM.
ALTER INDEX silver.transfers_file SET (autosummarize = on);
