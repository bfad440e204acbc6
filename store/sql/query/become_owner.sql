-- No parameters. The role of this session until it is reset: the owner of the schema, if the user is a member of it, so that what is made
-- belongs to the owner whoever makes it.
SELECT set_config('role', r.rolname, false)
FROM pg_namespace n
JOIN pg_roles r ON r.oid = n.nspowner
WHERE n.nspname = 'aml' AND r.rolname <> current_user AND pg_has_role(r.oid, 'MEMBER')
