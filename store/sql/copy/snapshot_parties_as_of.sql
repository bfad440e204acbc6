-- As snapshot_parties.sql, of a version: see sql/query/set_as_of_version.sql.
COPY (SELECT party_id, base_risk FROM silver.parties_as_of(current_setting('aml.as_of_version')::bigint)) TO STDOUT (FORMAT binary)
