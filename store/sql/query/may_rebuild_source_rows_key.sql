-- $1 rows that this transaction has added. Whether these are half of all or more, which the size of the table tells at 76 bytes a row, and its
-- key is ours to drop and build anew without waiting for somebody who reads the table, such as a backup.
SELECT $1::bigint * 2 * 76 >= pg_relation_size('aml.source_rows')
       AND pg_has_role((SELECT relowner FROM pg_class WHERE oid = 'aml.source_rows'::regclass), 'USAGE')
       AND NOT EXISTS (SELECT
                       FROM pg_locks
                       WHERE relation = 'aml.source_rows'::regclass AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                         AND pid IS DISTINCT FROM pg_backend_pid())
