-- $1 file_id. Accounts, and a party of the same name for each, that the transfers of this file name and no file described so far.
WITH named AS (
  SELECT account_id, min(line) AS line
  FROM (
    SELECT from_account_id AS account_id, line FROM silver.transfers WHERE file_id = $1
    UNION ALL
    SELECT to_account_id, line FROM silver.transfers WHERE file_id = $1
  ) AS both_sides
  GROUP BY account_id
),
missing AS MATERIALIZED (
  SELECT named.account_id, named.line
  FROM named
  WHERE NOT EXISTS (SELECT FROM silver.accounts known WHERE known.account_id = named.account_id)
),
parties AS (
  INSERT INTO silver.parties (party_id, is_derived, file_id, line)
  SELECT account_id, true, $1, line FROM missing ORDER BY line, account_id
  ON CONFLICT (party_id) DO NOTHING
)
INSERT INTO silver.accounts (account_id, party_id, is_derived, file_id, line)
SELECT account_id, account_id, true, $1, line FROM missing ORDER BY line, account_id
