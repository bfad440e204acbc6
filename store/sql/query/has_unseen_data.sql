-- No parameters. Whether silver has changed since the version that the newest production run with gold read.
SELECT EXISTS (SELECT FROM aml.unseen_versions)
