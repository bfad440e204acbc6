-- $1 a table, $2 names of columns. Whether an index over all rows of the table begins with one of them; true if there is no such
-- table, which the statement that uses it will say better.
SELECT to_regclass($1::text) IS NULL OR EXISTS (
  SELECT
  FROM pg_index index
  JOIN pg_attribute first ON first.attrelid = index.indrelid AND first.attnum = index.indkey[0]
  WHERE index.indrelid = to_regclass($1) AND index.indpred IS NULL AND index.indisvalid AND first.attname = ANY ($2::text[])
)
