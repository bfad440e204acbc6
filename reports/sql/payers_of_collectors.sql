-- Who pays into the collectors of structuring networks, over whom and how much?
--   psql "$(aml db url)" -v collector=ACC42 -f reports/sql/payers_of_collectors.sql
-- collector: one collector (default: all). One row a branch of a network; the second leg reaches the collector.
\if :{?collector}
\else
  \set collector ''
\endif
SELECT n.collector, n.collector_name, d.branch,
       min(d.from_account_id) FILTER (WHERE d.role = 'first leg') AS sender,
       min(d.from_name) FILTER (WHERE d.role = 'first leg') AS sender_name,
       min(d.from_account_id) FILTER (WHERE d.role = 'second leg') AS middleman,
       sum(d.amount_base) FILTER (WHERE d.role = 'first leg') AS sent,
       sum(d.amount_base) FILTER (WHERE d.role = 'second leg') AS received,
       n.currency,
       min(d.booked_at) AS first_at, max(d.booked_at) AS last_at, n.alert_id
FROM gold.structuring_networks n
JOIN gold.alert_transfer_details d USING (alert_id)
WHERE d.role IN ('first leg', 'second leg') AND (:'collector' = '' OR n.collector = :'collector')
GROUP BY n.alert_id, n.collector, n.collector_name, n.currency, d.branch
ORDER BY n.collector, n.alert_id, d.branch;
