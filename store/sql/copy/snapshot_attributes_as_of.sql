-- As snapshot_attributes.sql, of a version: see sql/query/set_as_of_version.sql.
COPY (SELECT party_id, kind, normalised_value FROM silver.party_attributes_as_of(current_setting('aml.as_of_version')::bigint)) TO STDOUT (FORMAT binary)
