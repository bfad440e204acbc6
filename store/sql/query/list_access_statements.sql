-- No parameters. What makes the plan true, in order.
SELECT statement FROM aml.access_statements ORDER BY step, statement
