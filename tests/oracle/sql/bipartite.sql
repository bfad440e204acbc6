-- $1 sinks, $2 window, $3 smallest leg. From transfers(key, source, target, booked_at, amount): the transfers of every biclique around
-- a pair of sources.
WITH t AS (
  SELECT * FROM transfers WHERE source <> target AND amount >= $3::bigint
), common AS (
  SELECT DISTINCT b.booked_at AS begins, x.source AS u, y.source AS v, x.target AS sink
  FROM (SELECT DISTINCT booked_at FROM t) b
  JOIN t x ON x.booked_at BETWEEN b.booked_at AND b.booked_at + $2::bigint
  JOIN t y ON y.booked_at BETWEEN b.booked_at AND b.booked_at + $2::bigint
          AND y.target = x.target AND x.source < y.source
), counting AS (
  SELECT begins, u, v FROM common GROUP BY begins, u, v HAVING count(*) >= $1::int
)
SELECT DISTINCT '' AS subject, t.key
FROM counting c
JOIN common USING (begins, u, v)
JOIN t ON t.source IN (c.u, c.v) AND t.target = common.sink
      AND t.booked_at BETWEEN c.begins AND c.begins + $2::bigint
