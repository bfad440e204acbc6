-- $1 alerts. In the order of the array, then of the story.
SELECT wanted.position, d.step, d.branch, d.role, d.transfer_id, gold.iso_time(d.booked_at) AS booked_at,
       d.from_account_id, d.to_account_id, d.from_party_id, d.to_party_id, d.amount, d.currency, d.amount_base, d.type
FROM unnest($1::text[]) WITH ORDINALITY wanted (alert_id, position)
JOIN gold.alert_transfer_details d USING (alert_id)
ORDER BY wanted.position, d.step
