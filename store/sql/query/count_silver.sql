-- $1 text: a time, or "infinity". Accounts, parties, attributes and the transfers booked until then, counted in one view.
SELECT (SELECT count(*) FROM silver.accounts),
       (SELECT count(*) FROM silver.parties),
       (SELECT count(*) FROM silver.party_attributes),
       (SELECT count(*) FROM silver.transfers WHERE booked_at <= $1::timestamptz)
