-- What psql writes into its working directory from silver: the files that every peer reads, with ids from 0.
\set ON_ERROR_STOP on
CREATE TEMP TABLE account AS
SELECT a.account_id, row_number() OVER (ORDER BY a.account_id) - 1 AS id, p.base_risk
FROM silver.accounts a JOIN silver.parties p USING (party_id);
-- Data that knows no risk gets one that has no meaning.
UPDATE account SET base_risk = id * 7919 % 1001 / 100.0 WHERE NOT EXISTS (SELECT FROM account WHERE base_risk > 0);
COPY (SELECT id, base_risk AS risk FROM account ORDER BY id) TO STDOUT (FORMAT csv, HEADER) \g vertices.csv
COPY (SELECT f.id AS src, t.id AS dst, extract(epoch FROM booked_at)::bigint AS time, round(amount_base, 2) AS amount
      FROM silver.transfers
      JOIN account f ON f.account_id = from_account_id
      JOIN account t ON t.account_id = to_account_id
      ORDER BY booked_at, transfer_id) TO STDOUT (FORMAT csv, HEADER) \g edges.csv

-- Parties and attributes, without what more parties gave than the scenario synthetic_identities allows.
CREATE TEMP TABLE party AS SELECT party_id, row_number() OVER (ORDER BY party_id) - 1 AS id FROM silver.parties;
CREATE TEMP TABLE attribute AS
SELECT kind, normalised_value, (SELECT count(*) FROM party) + row_number() OVER (ORDER BY kind, normalised_value) - 1 AS id
FROM silver.party_attributes GROUP BY kind, normalised_value HAVING count(*) <= 50;
CREATE TEMP TABLE identity AS
SELECT p.id AS src, a.id AS dst
FROM silver.party_attributes JOIN party p USING (party_id) JOIN attribute a USING (kind, normalised_value);
SELECT count(*) > 0 AS has_identities FROM identity \gset
\if :has_identities
COPY (SELECT src, dst FROM identity ORDER BY src, dst) TO STDOUT (FORMAT csv, HEADER) \g identities.csv
COPY (SELECT src, dst FROM identity ORDER BY src, dst) TO STDOUT (DELIMITER ' ') \g identities.txt
\endif
