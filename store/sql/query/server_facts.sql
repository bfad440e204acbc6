-- What a set-up check needs to know; no parameters.
SELECT current_setting('server_version_num')::integer,
       split_part(current_setting('server_version'), ' ', 1),
       pg_encoding_to_char(encoding),
       datname,
       current_user,
       has_database_privilege(datname, 'CREATE'),
       pg_is_in_recovery(),
       pg_database_size(datname),
       extract(epoch FROM clock_timestamp())::bigint
FROM pg_database
WHERE datname = current_database()
