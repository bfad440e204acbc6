-- Which groups of synthetic identities also move money between their members? Shared particulars alone may be a family or
-- an office; money that circles inside the group is another matter.
--   psql "$(aml db url)" -f reports/sql/synthetic_identities_that_pay_each_other.sql
-- Reads silver, because transfers inside a group need not belong to any alert.
SELECT s.alert_id, s.severity, s.party_count, s.kinds, count(*) AS transfers, sum(t.amount_base) AS amount,
       min(t.booked_at) AS first_at, max(t.booked_at) AS last_at, s.parties
FROM gold.synthetic_identities s
CROSS JOIN LATERAL unnest(s.parties) AS payer (party_id)
JOIN silver.accounts from_account ON from_account.party_id = payer.party_id
JOIN silver.transfers t ON t.from_account_id = from_account.account_id
JOIN silver.accounts to_account ON to_account.account_id = t.to_account_id
WHERE to_account.party_id = ANY (s.parties) AND to_account.party_id <> payer.party_id
GROUP BY s.alert_id, s.severity, s.party_count, s.kinds, s.parties
ORDER BY amount DESC, s.alert_id;
