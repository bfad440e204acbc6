-- As in sql/schema/003_silver.sql.
CREATE INDEX transfers_from_account ON silver.transfers (from_account_id, booked_at)
