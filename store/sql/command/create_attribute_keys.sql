-- As in sql/schema/003_silver.sql and 027_retention_and_erasure.sql.
ALTER TABLE silver.party_attributes
  ADD CONSTRAINT party_attributes_pkey PRIMARY KEY (party_id, kind, normalised_value),
  ADD CONSTRAINT party_attributes_party_id_fkey FOREIGN KEY (party_id) REFERENCES silver.parties DEFERRABLE
