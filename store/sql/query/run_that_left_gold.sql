-- No parameters. Of those in production.
SELECT max(run_id) FROM aml.runs WHERE version IS NOT NULL AND purpose = 'production'
