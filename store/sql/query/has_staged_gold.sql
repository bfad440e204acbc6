-- No parameters. Whether this connection made its staging tables before.
SELECT to_regclass('pg_temp.staged_gone_scores') IS NOT NULL
