-- As drop_transfer_indexes.sql: all at once the references are checked in a tenth of the time.
ALTER TABLE silver.accounts DROP CONSTRAINT accounts_party_id_fkey, DROP CONSTRAINT accounts_currency_code_fkey
