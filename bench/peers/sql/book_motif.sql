-- The rows are too many for joins; this is the motif's tree, summed up by hand.
WITH into_of AS (SELECT dst AS v, count(*) AS n FROM edges GROUP BY dst),
     out_of AS (SELECT src AS v, count(*) AS n FROM edges GROUP BY src),
     two_paths AS (SELECT e.dst AS v, sum(i.n) AS n FROM edges e JOIN into_of i ON i.v = e.src GROUP BY e.dst)
SELECT sum(t.n * t.n * o.n * o.n) FROM two_paths t JOIN out_of o USING (v)
