-- No parameters. Takes away the rows of accounts that are not staged.
DELETE FROM gold.account_features f
WHERE NOT EXISTS (SELECT FROM pg_temp.staged_account_features n WHERE n.account_id = f.account_id)
