-- $1 accounts in each layer, $2 window, $3 in order, $4 smallest leg. From transfers(key, source, target, booked_at, amount): the
-- transfers into and out of every pair of middles that has enough payers and payees.
WITH t AS MATERIALIZED (
  SELECT *, row_number() OVER (ORDER BY booked_at, octet_length(key), key COLLATE "C") AS place
  FROM transfers WHERE source <> target AND amount >= $4::bigint
), part AS (
  SELECT b.booked_at AS begins, p.place AS parting
  FROM (SELECT DISTINCT booked_at FROM t) b
  CROSS JOIN (SELECT place FROM t WHERE $3::boolean UNION ALL SELECT 0 WHERE NOT $3::boolean) p
), used AS MATERIALIZED (
  SELECT part.begins, part.parting, t.*,
         NOT $3::boolean OR t.place < part.parting AS may_come_in,
         NOT $3::boolean OR t.place >= part.parting AS may_go_out
  FROM part
  JOIN t ON t.booked_at BETWEEN part.begins AND part.begins + $2::bigint
), common AS MATERIALIZED (
  SELECT DISTINCT begins, parting, x.source AS u, y.source AS v, 'payee' AS side, x.target AS other
  FROM used x JOIN used y USING (begins, parting)
  WHERE x.target = y.target AND x.source < y.source AND x.may_go_out AND y.may_go_out
  UNION ALL
  SELECT DISTINCT begins, parting, x.target, y.target, 'payer', x.source
  FROM used x JOIN used y USING (begins, parting)
  WHERE x.source = y.source AND x.target < y.target AND x.may_come_in AND y.may_come_in
), counting AS (
  SELECT begins, parting, u, v FROM common GROUP BY begins, parting, u, v
  HAVING count(*) FILTER (WHERE side = 'payee') >= $1::int
     AND count(*) FILTER (WHERE side = 'payer') >= $1::int
     AND count(DISTINCT other) >= 2 * $1::int
)
SELECT DISTINCT '' AS subject, used.key
FROM counting c
JOIN common USING (begins, parting, u, v)
JOIN used USING (begins, parting)
WHERE CASE common.side
        WHEN 'payee' THEN used.source IN (c.u, c.v) AND used.target = common.other AND used.may_go_out
        ELSE used.target IN (c.u, c.v) AND used.source = common.other AND used.may_come_in
      END
