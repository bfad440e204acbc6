-- No parameters. Whether silver has changed since the version that the newest production run with an outcome read.
SELECT EXISTS (
  SELECT FROM aml.version_tables
  WHERE table_name LIKE 'silver.%'
    AND version > coalesce((SELECT coalesce(read_version, 0) FROM aml.runs
                            WHERE purpose = 'production' AND status IN ('succeeded', 'failed')
                            ORDER BY run_id DESC
                            LIMIT 1), -1))
