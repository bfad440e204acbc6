-- No parameters. How many of the staged JSON rows break each expectation, and the first lines that do. store/json_check.cpp puts the
-- numbers of the expectations that a row breaks in the place of NULL::integer[]; their checks see the column "row".
WITH checked AS MATERIALIZED (
  SELECT typed.line,
         NULL::integer[] AS broken
  FROM json_rows AS typed
)
SELECT number, count(*) AS rows, (array_agg(line ORDER BY line))[1:5] AS sample_lines
FROM checked, unnest(broken) AS number
WHERE broken IS NOT NULL
GROUP BY number
