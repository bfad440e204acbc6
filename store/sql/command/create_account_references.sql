-- As in sql/schema/003_silver.sql and 027_retention_and_erasure.sql.
ALTER TABLE silver.accounts
  ADD CONSTRAINT accounts_party_id_fkey FOREIGN KEY (party_id) REFERENCES silver.parties DEFERRABLE,
  ADD CONSTRAINT accounts_currency_code_fkey FOREIGN KEY (currency_code) REFERENCES silver.currencies
