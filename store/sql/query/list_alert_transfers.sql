-- $1 alerts, $2 their backtest or 0 for gold. In the order of the array, then of the story.
SELECT wanted.position, f.step, f.branch, f.role, f.transfer_id, gold.iso_time(t.booked_at) AS booked_at,
       t.from_account_id, t.to_account_id, fa.party_id AS from_party_id, ta.party_id AS to_party_id, t.amount,
       t.currency_code AS currency, t.amount_base, t.type
FROM unnest($1::text[]) WITH ORDINALITY wanted (alert_id, position)
JOIN aml.finding_transfers f ON f.alert_id = wanted.alert_id AND f.backtest_run_id = $2::bigint
JOIN silver.transfers t USING (transfer_id)
LEFT JOIN silver.accounts fa ON fa.account_id = t.from_account_id
LEFT JOIN silver.accounts ta ON ta.account_id = t.to_account_id
ORDER BY wanted.position, f.step
