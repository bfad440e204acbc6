-- As drop_transfer_indexes.sql: row by row the keys take longer than all else that a load does for an attribute.
ALTER TABLE silver.party_attributes DROP CONSTRAINT party_attributes_pkey, DROP CONSTRAINT party_attributes_party_id_fkey
