-- $1 jsonb: the effective parameters of a scenario of detector aggregation.
-- One row for each leg of each window that holds: account, when the window opens, transfer.
WITH p AS MATERIALIZED (
  SELECT j->>'direction' AS direction, (j->>'leg_at_least')::numeric AS leg_at_least,
         (j->>'leg_below')::numeric AS leg_below, (j->>'multiples_of')::numeric AS multiples_of,
         ARRAY(SELECT jsonb_array_elements_text(j->'types')) AS types, j->>'counterparties' AS counterparties,
         (j->>'standing_after')::interval AS standing_after, (j->>'window')::interval AS window_length,
         (j->>'min_transfers')::int AS min_transfers, (j->>'min_counterparties')::int AS min_counterparties,
         (j->>'total_above')::numeric AS total_above, round((j->>'min_share')::numeric * 1000) AS permille,
         (j->>'max_counterparties')::bigint AS cap
  FROM (SELECT $1::jsonb) AS given (j)
), hub AS MATERIALIZED (
  SELECT account
  FROM (SELECT to_account_id AS account, 'in' AS side, from_account_id AS other FROM silver.transfers
        UNION
        SELECT from_account_id, 'out', to_account_id FROM silver.transfers) dealing, p
  WHERE account <> other AND cap > 0
  GROUP BY account, side, cap
  HAVING count(*) > cap
), dealt AS MATERIALIZED (
  SELECT CASE direction WHEN 'in' THEN to_account_id ELSE from_account_id END AS account,
         CASE direction WHEN 'in' THEN from_account_id ELSE to_account_id END AS other,
         transfer_id, booked_at, amount_base AS amount, type
  FROM silver.transfers, p
  WHERE from_account_id <> to_account_id
), standing AS MATERIALIZED (
  SELECT account, other
  FROM dealt, p
  WHERE counterparties = 'occasional'
  GROUP BY account, other, standing_after
  HAVING count(*) >= 3 AND max(booked_at) - min(booked_at) > standing_after
), leg AS MATERIALIZED (
  SELECT d.*
  FROM dealt d, p
  WHERE amount >= leg_at_least AND (leg_below = 0 OR amount < leg_below)
    AND (multiples_of = 0 OR amount % nullif(multiples_of, 0) = 0) AND (types = '{}' OR type = ANY (types))
    AND account NOT IN (SELECT account FROM hub)
    AND NOT EXISTS (SELECT FROM standing s WHERE s.account = d.account AND s.other = d.other)
), opened AS MATERIALIZED (
  SELECT DISTINCT account, booked_at AS opens FROM leg
), holding AS MATERIALIZED (
  SELECT o.account, o.opens, count(*) AS legs, min(l.booked_at) AS first, max(l.booked_at) AS last
  FROM opened o, leg l, p
  WHERE l.account = o.account AND l.booked_at >= o.opens AND l.booked_at < o.opens + window_length
  GROUP BY o.account, o.opens, min_transfers, min_counterparties, total_above
  HAVING count(*) >= min_transfers AND count(DISTINCT l.other) >= min_counterparties
     AND sum(l.amount) > total_above
)
SELECT h.account, h.opens::text, l.transfer_id
FROM holding h, leg l, p
WHERE l.account = h.account AND l.booked_at >= h.opens AND l.booked_at < h.opens + window_length
  AND h.legs * 1000 >= permille * (SELECT count(*) FROM dealt d
                                   WHERE d.account = h.account AND d.booked_at BETWEEN h.first AND h.last)
