-- No parameters. Waits for the session's turn to migrate. Advisory locks of amlgraph: class 7103852 ('aml'), 1 = run, 2 = migrate.
SELECT pg_advisory_lock(7103852, 2)
