-- $1 length, $2 time of a hop, $3 strict order, $4 and $5 pass-on in thousandths, $6 smallest leg. From transfers(key, source, target,
-- booked_at, amount): the transfers of every maximal path.
WITH RECURSIVE t AS (
  SELECT * FROM transfers WHERE source <> target AND amount >= $6::bigint
), link AS (
  SELECT a.key AS first, b.key AS second, a.source AS before, b.target AS after
  FROM t a
  JOIN t b ON b.source = a.target
  WHERE b.booked_at - a.booked_at <= $2::bigint
    AND (b.booked_at > a.booked_at
         OR NOT $3::boolean AND b.booked_at = a.booked_at
            AND (octet_length(b.key), b.key COLLATE "C") > (octet_length(a.key), a.key COLLATE "C"))
    AND b.amount * 1000 BETWEEN a.amount * $4::bigint AND a.amount * $5::bigint
), path AS (
  SELECT ARRAY[key] AS keys, ARRAY[source, target] AS accounts FROM t
  UNION ALL
  SELECT path.keys || link.second, path.accounts || link.after
  FROM path
  JOIN link ON link.first = path.keys[cardinality(path.keys)]
  WHERE link.after <> ALL (path.accounts)
)
SELECT DISTINCT '' AS subject, unnest(path.keys) AS key
FROM path
WHERE cardinality(path.keys) >= $1::int
  AND NOT EXISTS (SELECT FROM link
                  WHERE link.first = path.keys[cardinality(path.keys)] AND link.after <> ALL (path.accounts))
  AND NOT EXISTS (SELECT FROM link WHERE link.second = path.keys[1] AND link.before <> ALL (path.accounts))
