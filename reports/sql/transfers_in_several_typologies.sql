-- Which transfers are evidence for more than one kind of laundering?
--   psql "$(aml db url)" -f reports/sql/transfers_in_several_typologies.sql
SELECT d.transfer_id, min(d.booked_at) AS booked_at, min(d.from_account_id) AS from_account_id,
       min(d.to_account_id) AS to_account_id, min(d.amount_base) AS amount_base,
       array_agg(DISTINCT a.typology ORDER BY a.typology) AS typologies,
       array_agg(DISTINCT a.alert_id ORDER BY a.alert_id) AS alerts
FROM gold.alert_transfer_details d
JOIN gold.current_alerts a USING (alert_id)
GROUP BY d.transfer_id
HAVING count(DISTINCT a.typology) > 1
ORDER BY amount_base DESC, d.transfer_id;
