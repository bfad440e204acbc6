-- (a)-[e1]->(b); (b)-[e2]->(c); (d)-[e3]->(f); (f)-[e4]->(c); (c)-[e5]->(g): two branches of payments in one band, each passed on nearly
-- whole, into a collector who pays on, all inside five days; all accounts different, and each pair of branches once.
SELECT count(*), sum(e1.src + e1.dst + e3.src + e3.dst), sum(e5.src), sum(e5.dst)
FROM edges e1
JOIN edges e2 ON e2.src = e1.dst AND e2.time > e1.time
JOIN edges e4 ON e4.dst = e2.dst
JOIN edges e3 ON e3.dst = e4.src AND e3.time < e4.time
JOIN edges e5 ON e5.src = e2.dst AND e5.time > e2.time AND e5.time > e4.time
WHERE e1.amount >= 2000 AND e1.amount < 10000 AND e2.amount >= 2000 AND e2.amount < 10000
  AND e3.amount >= 2000 AND e3.amount < 10000 AND e4.amount >= 2000 AND e4.amount < 10000
  AND e2.amount BETWEEN 0.7 * e1.amount AND 1.05 * e1.amount AND e4.amount BETWEEN 0.7 * e3.amount AND 1.05 * e3.amount
  AND e5.time - e1.time <= 5 * 86400 AND e5.time - e3.time <= 5 * 86400
  AND e1.src < e3.src AND e1.dst <> e3.dst AND e1.src <> e3.dst AND e1.dst <> e3.src
  AND e1.src <> e1.dst AND e3.src <> e3.dst
  AND e5.src NOT IN (e1.src, e1.dst, e3.src, e3.dst) AND e5.dst NOT IN (e1.src, e1.dst, e3.src, e3.dst, e5.src)
