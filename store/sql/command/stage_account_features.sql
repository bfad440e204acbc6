-- The features of accounts on their way into gold.
CREATE TEMPORARY TABLE IF NOT EXISTS staged_account_features (LIKE gold.account_features) ON COMMIT DELETE ROWS
