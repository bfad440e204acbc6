-- No parameters. Makes the plan true; the statements that did it.
SELECT statement FROM aml.apply_access() AS statement
