-- As in sql/schema/003_silver.sql.
ALTER TABLE silver.transfers ADD CONSTRAINT transfers_pkey PRIMARY KEY (transfer_id)
