-- The features of all accounts on their way into gold.
CREATE TEMPORARY TABLE staged_account_features (LIKE gold.account_features) ON COMMIT DROP
