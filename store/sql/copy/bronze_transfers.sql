-- Lines of a transfers file as they came.
COPY bronze.transfers (file_id, line, transfer_id, booked_at, from_account, to_account, amount, currency, type, rescued) FROM STDIN
