-- What does each table, view and column of gold mean?
--   psql "$(aml db url)" -v relation=round_trips -f reports/sql/data_dictionary.sql
-- relation: only this table or view (default: all).
\if :{?relation}
\else
  \set relation ''
\endif
SELECT c.relname AS relation, CASE c.relkind WHEN 'v' THEN 'view' ELSE 'table' END AS kind, a.attname AS column,
       format_type(a.atttypid, a.atttypmod) AS type,
       coalesce(col_description(c.oid, a.attnum), obj_description(c.oid, 'pg_class')) AS meaning
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE n.nspname = 'gold' AND c.relkind IN ('r', 'v') AND (:'relation' = '' OR c.relname = :'relation')
ORDER BY c.relname, a.attnum;
