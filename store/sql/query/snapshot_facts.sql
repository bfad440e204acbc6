-- No parameters. Name of the present view, newest file in it (null if none), about how many transfers it holds (0 if unknown) and
-- the version of the data: that of set_as_of_version.sql, else the newest in this view.
SELECT pg_current_snapshot()::text,
       (SELECT max(file_id) FROM aml.ingested_files WHERE version IS NULL OR version <= as_of.version),
       (SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = 'silver.transfers'::regclass),
       as_of.version
FROM (SELECT coalesce(nullif(current_setting('aml.as_of_version', true), '')::bigint, aml.newest_version())) AS as_of (version)
