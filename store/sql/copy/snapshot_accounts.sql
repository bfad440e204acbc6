-- Every account with its party.
COPY (SELECT account_id, party_id FROM silver.accounts) TO STDOUT (FORMAT binary)
