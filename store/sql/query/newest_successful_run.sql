-- No parameters.
SELECT max(run_id) FROM aml.runs WHERE status = 'succeeded'
