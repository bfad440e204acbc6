-- $1 run, $2 status, $3 error or null, $4 peak memory. Only a run that still stands as running. A backtest makes no version.
UPDATE aml.runs
SET status = $2, error = $3, finished_at = clock_timestamp(), peak_memory_bytes = $4::bigint, version = aml.this_version()
WHERE run_id = $1::bigint AND status = 'running'
