-- As in sql/schema/029_incremental.sql.
CREATE INDEX transfers_file ON silver.transfers (file_id)
