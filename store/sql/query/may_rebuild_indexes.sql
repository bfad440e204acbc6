-- $1 a table whose keys and indexes would be dropped and built anew, and those that its keys refer to, which would be locked, too. Whether it holds
-- no row yet, and they are ours to lock without waiting for somebody who reads one of them.
SELECT CASE ($1::text[])[1]
         WHEN 'bronze.transfers' THEN NOT EXISTS (SELECT FROM bronze.transfers)
         WHEN 'silver.transfers' THEN NOT EXISTS (SELECT FROM silver.transfers)
         WHEN 'silver.accounts' THEN NOT EXISTS (SELECT FROM silver.accounts)
         WHEN 'silver.party_attributes' THEN NOT EXISTS (SELECT FROM silver.party_attributes)
       END
       AND (SELECT bool_and(pg_has_role(relowner, 'USAGE')) FROM pg_class WHERE oid = ANY ($1::regclass[]))
       AND NOT EXISTS (SELECT
                       FROM pg_locks
                       WHERE relation = ANY ($1::regclass[]) AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                         AND pid IS DISTINCT FROM pg_backend_pid())
