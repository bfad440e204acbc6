SELECT count(*), sum(e1.src + 2 * e2.src + 3 * e3.src)
FROM edges e1
JOIN edges e2 ON e2.src = e1.dst AND e2.time > e1.time AND e2.time <= e1.time + 7 * 86400
JOIN edges e3 ON e3.src = e2.dst AND e3.dst = e1.src AND e3.time > e2.time AND e3.time <= e1.time + 7 * 86400
WHERE e1.src <> e1.dst AND e2.src <> e2.dst AND e3.src <> e3.dst
