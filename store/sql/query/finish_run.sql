-- $1 bigint: run; $2 text: failed or interrupted; $3 text: error or null; $4 bigint: peak memory.
UPDATE aml.runs SET status = $2, error = $3, peak_memory_bytes = $4, finished_at = now()
WHERE run_id = $1 AND status = 'running'
