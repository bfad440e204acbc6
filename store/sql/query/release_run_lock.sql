-- No parameters. Gives back what try_run_lock took.
SELECT pg_advisory_unlock(7103852, 1)
