-- As drop_transfer_indexes.sql, where no id is expected to come twice.
ALTER TABLE silver.transfers DROP CONSTRAINT transfers_pkey
