-- No parameters. Whether silver has changed since the version that the newest production run that wrote gold read. One that failed before, when
-- a disk was full or a connection was cut, has to be done again; aml.unseen_versions takes its data for seen.
SELECT EXISTS (SELECT FROM aml.version_tables
               WHERE table_name LIKE 'silver.%'
                 AND version > coalesce((SELECT read_version FROM aml.runs
                                         WHERE purpose = 'production' AND version IS NOT NULL
                                         ORDER BY run_id DESC
                                         LIMIT 1), -1))
