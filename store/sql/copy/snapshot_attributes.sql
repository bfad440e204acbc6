-- What each party gave, normalised.
COPY (SELECT party_id, kind, normalised_value FROM silver.party_attributes) TO STDOUT (FORMAT binary)
