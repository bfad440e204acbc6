-- $1 whether the lock of loads and runs alone. Sessions that keep others from working: server process, user, client, since when, and what
-- they hold, an advisory lock of amlgraph or a table of it that they let nobody else write or read.
SELECT l.pid, coalesce(a.usename, 'an unknown user'), coalesce(host(a.client_addr), 'this machine'),
       to_char(coalesce(CASE WHEN l.locktype = 'relation' THEN a.xact_start END, a.backend_start), 'YYYY-MM-DD HH24:MI:SS "UTC"'),
       string_agg(DISTINCT CASE WHEN l.locktype = 'relation' THEN format('%s.%s (%s)', n.nspname, c.relname, l.mode)
                                ELSE (ARRAY['the lock of loads and runs', 'the lock of migrations', 'the version at work', 'the commit of a version'])[l.objid::bigint] END, ', ')
FROM pg_locks l
LEFT JOIN pg_stat_activity a ON a.pid = l.pid
LEFT JOIN pg_class c ON c.oid = l.relation
LEFT JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE l.granted AND l.pid <> pg_backend_pid() AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND (l.locktype = 'advisory' AND l.classid = 7103852 AND l.objsubid = 2 AND (l.objid = 1 OR NOT $1)
       OR NOT $1 AND l.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
          AND n.nspname IN ('aml', 'bronze', 'silver', 'quarantine', 'gold', 'backtest', 'history'))
GROUP BY 1, 2, 3, 4
ORDER BY 4, 1
