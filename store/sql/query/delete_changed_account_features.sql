-- Takes away the rows that are not exactly as staged. run_id is the last column of gold, and not staged.
DELETE FROM gold.account_features f
WHERE NOT EXISTS (SELECT FROM pg_temp.staged_account_features n
                  WHERE n.account_id = f.account_id AND ROW(n.*, f.run_id) IS NOT DISTINCT FROM ROW(f.*))
