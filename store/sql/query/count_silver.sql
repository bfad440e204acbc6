-- No parameters. Accounts, parties, attributes and transfers, counted in one view.
SELECT (SELECT count(*) FROM silver.accounts),
       (SELECT count(*) FROM silver.parties),
       (SELECT count(*) FROM silver.party_attributes),
       (SELECT count(*) FROM silver.transfers)
