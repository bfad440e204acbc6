SELECT count(*) FROM edges e1 JOIN edges e2 ON e2.src = e1.dst
