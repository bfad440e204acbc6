-- No parameters. How far back the versions reach, what the past takes, and what was erased.
SELECT aml.oldest_version(), aml.newest_version(),
       (SELECT gold.iso_time(committed_at) FROM aml.versions WHERE version = aml.oldest_version()),
       (SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'history' AND c.relkind = 'r'),
       (SELECT count(*) FROM aml.erasures)
