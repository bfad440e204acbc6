-- What a set-up check needs to know; no parameters.
SELECT current_setting('server_version_num')::integer,
       split_part(current_setting('server_version'), ' ', 1),
       pg_encoding_to_char(encoding),
       datname,
       current_user,
       has_database_privilege(datname, 'CREATE'),
       pg_is_in_recovery(),
       pg_database_size(datname),
       extract(epoch FROM clock_timestamp())::bigint,
       (SELECT extversion FROM pg_extension WHERE extname = 'amlgraph'),
       (SELECT default_version FROM pg_available_extensions WHERE name = 'amlgraph')
FROM pg_database
WHERE datname = current_database()
