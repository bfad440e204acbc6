-- $1 transfers. The accounts at their ends.
SELECT from_account_id FROM silver.transfers WHERE transfer_id = ANY ($1::text[])
UNION
SELECT to_account_id FROM silver.transfers WHERE transfer_id = ANY ($1::text[])
