-- Who pays into the collectors of structuring networks, over whom and how much?
--   psql "$(aml db url)" -v collector=ACC42 -f reports/sql/payers_of_collectors.sql
-- collector: one collector (default: all). One row a middleman of a network: who paid it, and what it passed on.
\if :{?collector}
\else
  \set collector ''
\endif
WITH leg AS (
  SELECT alert_id, d.role, d.from_account_id, d.amount_base, d.booked_at,
         CASE d.role WHEN 'first leg' THEN d.to_account_id ELSE d.from_account_id END AS middleman,
         CASE d.role WHEN 'first leg' THEN d.to_name ELSE d.from_name END AS middleman_name
  FROM gold.alert_transfer_details d
  WHERE d.role IN ('first leg', 'second leg')
)
SELECT n.collector, n.collector_name, leg.middleman, leg.middleman_name,
       array_agg(DISTINCT leg.from_account_id ORDER BY leg.from_account_id) FILTER (WHERE leg.role = 'first leg') AS senders,
       sum(leg.amount_base) FILTER (WHERE leg.role = 'first leg') AS sent,
       sum(leg.amount_base) FILTER (WHERE leg.role = 'second leg') AS passed_on,
       n.currency, min(leg.booked_at) AS first_at, max(leg.booked_at) AS last_at, n.alert_id
FROM gold.structuring_networks n
JOIN leg USING (alert_id)
WHERE :'collector' IN ('', n.collector)
GROUP BY n.alert_id, n.collector, n.collector_name, n.currency, leg.middleman, leg.middleman_name
ORDER BY n.collector, n.alert_id, leg.middleman;
