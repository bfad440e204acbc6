-- As drop_transfer_indexes.sql: row by row the key takes as long as the texts.
ALTER TABLE bronze.transfers DROP CONSTRAINT transfers_pkey
