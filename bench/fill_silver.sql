-- Fills an empty, migrated database with random transfers:  psql -v accounts=500000 -v transfers=5000000 -f fill_silver.sql
BEGIN;
SELECT aml.begin_version('LOAD');
SELECT setseed(0.42);
INSERT INTO silver.parties (party_id, kind, base_risk, is_derived, file_id, line)
SELECT 'P' || i, 'person', 0, true, 1, i FROM generate_series(1, :accounts) AS i;
INSERT INTO silver.accounts (account_id, party_id, is_derived, file_id, line)
SELECT 'A' || i, 'P' || i, true, 1, i FROM generate_series(1, :accounts) AS i;
INSERT INTO silver.transfers (transfer_id, booked_at, from_account_id, to_account_id, amount, currency_code, amount_base,
                              type, file_id, line)
SELECT 'T' || i, timestamptz '2024-01-01 00:00:00 UTC' + i * interval '5 seconds', 'A' || (1 + floor(random() * :accounts)),
       'A' || (1 + floor(random() * :accounts)), cents / 100, 'USD', cents / 100,
       (ARRAY['TRANSFER', 'CASH', 'CARD'])[1 + i % 3], 1, i
FROM (SELECT i, floor(random() * 1000000)::numeric AS cents FROM generate_series(1, :transfers) AS i) AS amounts;
COMMIT;
VACUUM ANALYZE silver.parties, silver.accounts, silver.transfers;
