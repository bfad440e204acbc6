-- No parameters. Rights by role, kind of object and schema: what is granted, what of the plan is missing, what is granted beyond it.
WITH counted AS (
  SELECT role, kind, schema_name, state, is_ours, split_part(privilege, ' (', 1) AS privilege, count(DISTINCT object) AS objects,
         string_agg(CASE kind WHEN 'role' THEN '' ELSE split_part(split_part(object, '(', 1), '.', -1) || substr(privilege, length(split_part(privilege, ' (', 1)) + 1) END,
                    ', ' ORDER BY object, privilege) AS names
  FROM aml.access_state
  GROUP BY role, kind, schema_name, state, is_ours, split_part(privilege, ' (', 1)
)
SELECT role, kind, coalesce(schema_name, '') AS schema_name,
       coalesce(string_agg(CASE kind WHEN 'role' THEN privilege ELSE privilege || ' ' || objects END, ', ' ORDER BY privilege) FILTER (WHERE state = 'granted'), '') AS granted,
       coalesce(string_agg(rtrim(privilege || ' ' || names), '; ' ORDER BY privilege) FILTER (WHERE state = 'missing'), '') AS missing,
       coalesce(string_agg(rtrim(privilege || ' ' || names), '; ' ORDER BY privilege) FILTER (WHERE state = 'beyond'), '') AS beyond
FROM counted
GROUP BY role, kind, schema_name
ORDER BY role = 'PUBLIC', role, array_position('{role,membership,database,schema,table,sequence,function}'::text[], kind), schema_name
