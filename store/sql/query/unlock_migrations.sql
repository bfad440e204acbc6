-- No parameters. Gives back what lock_migrations took.
SELECT pg_advisory_unlock(7103852, 2)
