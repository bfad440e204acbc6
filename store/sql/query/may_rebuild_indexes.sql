-- $1 'bronze.transfers' or 'silver.transfers'. Whether the table holds no row yet, and its indexes are ours to drop and build anew without
-- waiting for somebody who reads it.
SELECT CASE $1 WHEN 'bronze.transfers' THEN NOT EXISTS (SELECT FROM bronze.transfers) ELSE NOT EXISTS (SELECT FROM silver.transfers) END
       AND pg_has_role((SELECT relowner FROM pg_class WHERE oid = $1::text::regclass), 'USAGE')
       AND NOT EXISTS (SELECT
                       FROM pg_locks
                       WHERE relation = $1::text::regclass AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                         AND pid IS DISTINCT FROM pg_backend_pid())
