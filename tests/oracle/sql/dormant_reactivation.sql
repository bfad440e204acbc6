-- $1 jsonb: the effective parameters of a scenario of detector dormant_reactivation.
-- One row for each transfer of each suspicious wake-up: account, when it woke, transfer.
WITH p AS MATERIALIZED (
  SELECT (j->>'silence')::interval AS silence, (j->>'window')::interval AS window_length,
         (j->>'moved_at_least')::numeric AS moved_at_least, (j->>'times_earlier_mean')::numeric AS times,
         (j->>'grown_at_least')::numeric AS grown_at_least, (j->>'max_counterparties')::bigint AS cap
  FROM (SELECT $1::jsonb) AS given (j)
), hub AS MATERIALIZED (
  SELECT account
  FROM (SELECT to_account_id AS account, 'in' AS side, from_account_id AS other FROM silver.transfers
        UNION
        SELECT from_account_id, 'out', to_account_id FROM silver.transfers) dealing, p
  WHERE account <> other AND cap > 0
  GROUP BY account, side, cap
  HAVING count(*) > cap
), side AS MATERIALIZED (
  SELECT to_account_id AS account, transfer_id, booked_at, amount_base AS received, 0 AS paid,
         from_account_id <> to_account_id AS moves
  FROM silver.transfers
  UNION ALL
  SELECT from_account_id, transfer_id, booked_at, 0, amount_base, from_account_id <> to_account_id
  FROM silver.transfers
), activity AS MATERIALIZED (
  SELECT account, booked_at, lag(booked_at) OVER (PARTITION BY account ORDER BY booked_at) AS before FROM side
), woken AS MATERIALIZED (
  SELECT account, booked_at AS woke
  FROM activity JOIN silver.accounts ON account_id = account, p
  WHERE account NOT IN (SELECT account FROM hub)
    AND (before IS NOT NULL OR opened_on IS NOT NULL)
    AND booked_at - coalesce(before, greatest(opened_on::timestamp AT TIME ZONE 'UTC',
                                              (SELECT min(booked_at) FROM silver.transfers))) >= silence
), measured AS MATERIALIZED (
  SELECT w.account, w.woke, after.moved, earlier.moved AS earlier, earlier.span
  FROM woken w, p
  CROSS JOIN LATERAL (
    SELECT greatest(sum(received), sum(paid)) AS moved FROM side s
    WHERE s.account = w.account AND s.moves AND s.booked_at >= w.woke AND s.booked_at < w.woke + window_length
  ) after
  CROSS JOIN LATERAL (
    SELECT greatest(sum(received), sum(paid)) AS moved,
           greatest(extract(epoch FROM max(booked_at) - min(booked_at)), 30 * 86400) AS span
    FROM side s
    WHERE s.account = w.account AND s.moves AND s.booked_at < w.woke
  ) earlier
)
SELECT m.account, m.woke::text, s.transfer_id
FROM measured m
JOIN side s ON s.account = m.account, p
WHERE s.moves AND s.booked_at >= m.woke AND s.booked_at < m.woke + window_length
  AND (m.moved >= moved_at_least
       OR m.moved > 0 AND m.moved >= grown_at_least AND m.moved * m.span >= times * m.earlier * 30 * 86400)
