-- As snapshot_transfers_until.sql, of a version: see sql/query/set_as_of_version.sql.
COPY (SELECT transfer_id, from_account_id, to_account_id, booked_at, amount_base, type
      FROM silver.transfers_as_of(current_setting('aml.as_of_version')::bigint)
      WHERE booked_at <= (SELECT current_setting('aml.as_of')::timestamptz))
TO STDOUT (FORMAT binary)
