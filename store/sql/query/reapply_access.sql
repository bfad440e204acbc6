-- No parameters. Makes the plan true for what a migration made, where it was applied before; a database without roles stays without.
SELECT aml.apply_access(4)
WHERE pg_get_userbyid((SELECT nspowner FROM pg_namespace WHERE nspname = 'aml')) = 'aml_owner'
