-- $1 middles, $2 window, $3 strict order, $4 and $5 pass-on in thousandths, $6 smallest leg. From transfers(key, source, target,
-- booked_at, amount): one row for each source, sink and transfer of a window that counts.
WITH path AS (
  SELECT i.source, i.target AS middle, o.target AS sink, i.key AS in_key, o.key AS out_key,
         i.booked_at AS begins, o.booked_at AS ends
  FROM transfers i
  JOIN transfers o ON o.source = i.target
  WHERE i.source <> i.target AND o.source <> o.target AND i.source <> o.target
    AND (o.booked_at > i.booked_at
         OR NOT $3::boolean AND o.booked_at = i.booked_at
            AND (octet_length(o.key), o.key COLLATE "C") > (octet_length(i.key), i.key COLLATE "C"))
    AND least(i.amount, o.amount) >= $6::bigint
    AND o.amount * 1000 BETWEEN i.amount * $4::bigint AND i.amount * $5::bigint
), counting AS (
  SELECT a.source, p.sink, a.booked_at AS anchor
  FROM (SELECT DISTINCT source, booked_at FROM transfers) a
  JOIN path p ON p.source = a.source AND p.begins >= a.booked_at AND p.ends <= a.booked_at + $2::bigint
  GROUP BY a.source, p.sink, a.booked_at
  HAVING count(DISTINCT p.middle) >= $1::int
)
SELECT DISTINCT c.source || '>' || c.sink AS subject, k.key
FROM counting c
JOIN path p ON p.source = c.source AND p.sink = c.sink
           AND p.begins >= c.anchor AND p.ends <= c.anchor + $2::bigint
CROSS JOIN LATERAL (VALUES (p.in_key), (p.out_key)) k(key)
ORDER BY 1, 2
