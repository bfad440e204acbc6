-- No parameters. Server process, user, start and client of the session that holds the lock of loads and runs; no row if nobody does.
SELECT l.pid, coalesce(a.usename, 'an unknown user'), to_char(a.backend_start, 'YYYY-MM-DD HH24:MI:SS "UTC"'),
       coalesce(host(a.client_addr), 'this machine')
FROM pg_locks l
LEFT JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.granted AND l.classid = 7103852 AND l.objid = 1 AND l.objsubid = 2
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
