-- As in sql/schema/002_bronze.sql.
ALTER TABLE bronze.transfers ADD CONSTRAINT transfers_pkey PRIMARY KEY (file_id, line)
