-- No parameters. Whether a file was loaded since the data that the newest production run with an outcome read.
SELECT EXISTS (
  SELECT FROM aml.ingested_files
  WHERE file_id > coalesce((SELECT last_file_id FROM aml.runs
                            WHERE purpose = 'production' AND status IN ('succeeded', 'failed')
                            ORDER BY run_id DESC
                            LIMIT 1), 0))
