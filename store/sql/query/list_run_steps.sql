-- $1 run.
SELECT step, name, scenario, outcome, rows, peak_memory_bytes, seconds, notes
FROM aml.run_steps
WHERE run_id = $1::bigint
ORDER BY step
