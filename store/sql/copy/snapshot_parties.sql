-- Every party with its base risk.
COPY (SELECT party_id, base_risk FROM silver.parties) TO STDOUT (FORMAT binary)
