-- As in sql/schema/003_silver.sql.
CREATE INDEX transfers_to_account ON silver.transfers (to_account_id, booked_at)
