SELECT count(*)
FROM edges e1
JOIN edges e2 ON e2.src = e1.dst
JOIN edges e3 ON e3.src = e2.dst AND e3.dst = e1.src
