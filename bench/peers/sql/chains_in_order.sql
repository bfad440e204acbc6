SELECT count(*)
FROM edges e1
JOIN edges e2 ON e2.src = e1.dst AND e2.time > e1.time AND e2.time <= e1.time + 86400
JOIN edges e3 ON e3.src = e2.dst AND e3.time > e2.time AND e3.time <= e2.time + 86400
