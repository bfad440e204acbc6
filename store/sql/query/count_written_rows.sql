-- No parameters. The rows that the version at work has written and taken away so far.
SELECT coalesce(sum(inserted + updated + deleted), 0)::bigint FROM aml.version_tables WHERE version = aml.this_version()
