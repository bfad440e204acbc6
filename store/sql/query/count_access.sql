-- No parameters. Whether the roles were ever applied here; rights that are missing, that our roles or everybody has beyond the plan, that others have.
SELECT pg_get_userbyid((SELECT nspowner FROM pg_namespace WHERE nspname = 'aml')) = 'aml_owner' AS is_applied,
       count(*) FILTER (WHERE is_ours AND state = 'missing') AS missing,
       count(*) FILTER (WHERE is_ours AND state = 'beyond') AS beyond,
       count(*) FILTER (WHERE NOT is_ours AND privilege <> 'OWNER') AS by_hand
FROM aml.access_state
