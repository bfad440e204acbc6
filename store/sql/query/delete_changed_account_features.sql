-- No parameters. Takes away the rows of staged accounts that are not exactly as staged. run_id and valid_from are the last columns of gold, and
-- not staged.
DELETE FROM gold.account_features f
USING pg_temp.staged_account_features n
WHERE n.account_id = f.account_id AND ROW(n.*, f.run_id, f.valid_from) IS DISTINCT FROM ROW(f.*)
