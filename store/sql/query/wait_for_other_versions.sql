-- No parameters. Waits until no other version is at work; then none begins before this transaction ends: the lock of aml.begin_version().
SELECT pg_advisory_xact_lock(7103852, 3)
