-- What an expert writes when only the number is asked for.
SELECT sum(i.n * o.n)
FROM (SELECT dst AS v, count(*) AS n FROM edges GROUP BY dst) i
JOIN (SELECT src AS v, count(*) AS n FROM edges GROUP BY src) o USING (v)
