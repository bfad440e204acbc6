-- No parameters. Name of the present view, newest file in it (null if none), about how many transfers it holds (0 if unknown) and
-- the newest version in it.
SELECT pg_current_snapshot()::text,
       (SELECT max(file_id) FROM aml.ingested_files),
       (SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = 'silver.transfers'::regclass),
       aml.newest_version()
