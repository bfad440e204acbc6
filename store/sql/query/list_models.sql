-- No parameters. Names of the registered models, in alphabetical order.
SELECT model FROM aml.models ORDER BY model
