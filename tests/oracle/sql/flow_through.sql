-- $1 jsonb: the effective parameters of a scenario of detector flow_through.
-- One row for each transfer of each window that holds: account, when the window opens, transfer.
WITH p AS MATERIALIZED (
  SELECT (j->>'leg_at_least')::numeric AS leg_at_least, (j->>'deposit_below')::numeric AS deposit_below,
         (j->>'window')::interval AS window_length, (j->>'holding')::interval AS holding,
         (j->>'in_at_least')::numeric AS in_at_least,
         round((j->>'out_in_at_least')::numeric * 1000) AS least_permille,
         round((j->>'out_in_at_most')::numeric * 1000) AS most_permille,
         round((j->>'gathered_first')::numeric * 1000) AS gathered_permille,
         (j->>'min_deposits')::bigint AS min_deposits, (j->>'min_senders')::bigint AS min_senders,
         (j->>'min_receivers')::bigint AS min_receivers, (j->>'min_other_countries')::bigint AS min_other_countries,
         j->>'accounts' = 'new' AS new_only, (j->>'new_within')::interval AS new_within,
         (j->>'dormant_for')::interval AS dormant_for, (j->>'max_counterparties')::bigint AS cap
  FROM (SELECT $1::jsonb) AS given (j)
), transfer AS MATERIALIZED (
  SELECT t.*, row_number() OVER (ORDER BY booked_at, octet_length(transfer_id), transfer_id COLLATE "C") AS position
  FROM silver.transfers t
), hub AS MATERIALIZED (
  SELECT account
  FROM (SELECT to_account_id AS account, 'in' AS side, from_account_id AS other FROM silver.transfers
        UNION
        SELECT from_account_id, 'out', to_account_id FROM silver.transfers) dealing, p
  WHERE account <> other AND cap > 0
  GROUP BY account, side, cap
  HAVING count(*) > cap
), deposit AS MATERIALIZED (
  SELECT a.account_id AS account, t.transfer_id, t.booked_at, t.position, t.amount_base AS amount, s.party_id AS sender,
         CASE WHEN s.country <> a.country AND s.country <> '' AND a.country <> '' THEN s.country END AS other_country
  FROM transfer t
  JOIN silver.accounts a ON a.account_id = t.to_account_id
  JOIN silver.accounts s ON s.account_id = t.from_account_id, p
  WHERE a.party_id <> s.party_id AND t.amount_base >= leg_at_least
    AND (deposit_below = 0 OR t.amount_base < deposit_below)
    AND a.account_id NOT IN (SELECT account FROM hub)
), withdrawal AS MATERIALIZED (
  SELECT a.account_id AS account, t.transfer_id, t.booked_at, t.position, t.amount_base AS amount, r.party_id AS receiver
  FROM transfer t
  JOIN silver.accounts a ON a.account_id = t.from_account_id
  JOIN silver.accounts r ON r.account_id = t.to_account_id, p
  WHERE a.party_id <> r.party_id AND t.amount_base >= leg_at_least
), activity AS MATERIALIZED (
  SELECT account, booked_at, lag(booked_at) OVER (PARTITION BY account ORDER BY booked_at) AS before
  FROM (SELECT from_account_id AS account, booked_at FROM transfer
        UNION ALL
        SELECT to_account_id, booked_at FROM transfer) both_sides
), data_begin AS MATERIALIZED (
  SELECT min(booked_at) AS at FROM transfer
), in_use AS MATERIALIZED (
  -- When an account began or woke, as far as that is known.
  SELECT account_id AS account, opened_on::timestamp AT TIME ZONE 'UTC' AS since, true AS is_beginning
  FROM silver.accounts
  WHERE opened_on IS NOT NULL
  UNION ALL
  SELECT account, min(booked_at), true
  FROM activity JOIN silver.accounts ON account_id = account, p, data_begin
  WHERE opened_on IS NULL
  GROUP BY account, data_begin.at, new_within
  HAVING min(booked_at) - data_begin.at >= new_within
  UNION ALL
  SELECT account, booked_at, false
  FROM activity JOIN silver.accounts ON account_id = account, p, data_begin
  WHERE booked_at - coalesce(before, greatest(opened_on::timestamp AT TIME ZONE 'UTC', data_begin.at)) >= dormant_for
    AND (before IS NOT NULL OR opened_on IS NOT NULL)
), opened AS MATERIALIZED (
  SELECT DISTINCT account, booked_at AS opens FROM deposit
), gathered AS MATERIALIZED (
  SELECT o.account, o.opens, sum(d.amount) AS total
  FROM opened o, deposit d, p
  WHERE d.account = o.account AND d.booked_at >= o.opens AND d.booked_at < o.opens + window_length
  GROUP BY o.account, o.opens, in_at_least, min_deposits, min_senders, min_other_countries
  HAVING sum(d.amount) >= in_at_least AND count(*) >= min_deposits AND count(DISTINCT d.sender) >= min_senders
     AND count(DISTINCT d.other_country) >= min_other_countries
), paid AS MATERIALIZED (
  SELECT g.account, g.opens, g.total, w.transfer_id, w.amount, w.receiver
  FROM gathered g, p, withdrawal w
  CROSS JOIN LATERAL (
    SELECT sum(d.amount) AS received, max(d.booked_at) AS latest
    FROM deposit d
    WHERE d.account = g.account AND d.booked_at >= g.opens AND d.booked_at < g.opens + window_length
      AND d.position < w.position
  ) earlier
  WHERE w.account = g.account AND w.booked_at >= g.opens AND w.booked_at < g.opens + window_length
    AND w.booked_at - earlier.latest <= holding AND earlier.received * 1000 >= g.total * gathered_permille
), flow AS MATERIALIZED (
  SELECT account, opens
  FROM paid, p
  GROUP BY account, opens, total, least_permille, most_permille, min_receivers
  HAVING sum(amount) * 1000 >= total * least_permille AND sum(amount) * 1000 <= total * most_permille
     AND count(DISTINCT receiver) >= min_receivers
), holds AS MATERIALIZED (
  SELECT f.*
  FROM flow f, p
  WHERE NOT new_only
     OR EXISTS (SELECT FROM in_use u
                WHERE u.account = f.account AND f.opens - u.since <= new_within
                  AND (u.is_beginning OR u.since <= f.opens))
)
SELECT h.account, h.opens::text, d.transfer_id
FROM holds h, deposit d, p
WHERE d.account = h.account AND d.booked_at >= h.opens AND d.booked_at < h.opens + window_length
UNION ALL
SELECT account, opens::text, transfer_id
FROM holds
JOIN paid USING (account, opens)
