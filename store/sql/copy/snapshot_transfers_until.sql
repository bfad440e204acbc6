-- As snapshot_transfers.sql, those booked until aml.as_of: COPY binds no parameters, see sql/query/set_as_of.sql.
COPY (SELECT transfer_id, from_account_id, to_account_id, booked_at, amount_base, type FROM silver.transfers
      WHERE booked_at <= (SELECT current_setting('aml.as_of')::timestamptz))
TO STDOUT (FORMAT binary)
