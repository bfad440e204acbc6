-- Every transfer, in no order: TransferGraph sorts.
COPY (SELECT transfer_id, from_account_id, to_account_id, booked_at, amount_base, type FROM silver.transfers)
TO STDOUT (FORMAT binary)
