-- $1 run that wrote gold, $2 text[]: scenarios. Whether gold still has of them what it left: no run of one of them came after it, and what changed
-- gold since were runs.
SELECT NOT EXISTS (SELECT FROM aml.runs r
                   WHERE r.run_id > $1::bigint AND r.version IS NOT NULL AND r.scenarios && $2::text[])
       AND NOT EXISTS (SELECT FROM aml.version_tables t
                       WHERE t.version > (SELECT r.version FROM aml.runs r WHERE r.run_id = $1::bigint)
                         AND t.table_name LIKE 'gold.%'
                         AND NOT EXISTS (SELECT FROM aml.runs r WHERE r.version = t.version))
