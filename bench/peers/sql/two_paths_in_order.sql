SELECT count(*) FROM edges e1 JOIN edges e2 ON e2.src = e1.dst AND e2.time > e1.time AND e2.time <= e1.time + 86400
