-- No parameters. The newest version.
SELECT aml.newest_version()
