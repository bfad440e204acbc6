-- No parameters. Of those in production.
SELECT max(run_id) FROM aml.runs WHERE status = 'succeeded' AND purpose = 'production'
