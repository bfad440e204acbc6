-- No parameters. Whether the session now holds the lock of loads and runs. Advisory locks of amlgraph: class 7103852 ('aml'), 1 = run, 2 = migrate.
SELECT pg_try_advisory_lock(7103852, 1)
