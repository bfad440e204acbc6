-- $1 run. Adds the staged rows that gold does not have.
INSERT INTO gold.account_features
SELECT n.*, $1::bigint
FROM pg_temp.staged_account_features n
WHERE NOT EXISTS (SELECT FROM gold.account_features f WHERE f.account_id = n.account_id)
