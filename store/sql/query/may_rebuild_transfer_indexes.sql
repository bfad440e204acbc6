-- No parameters. Whether silver holds no transfer yet and its indexes are ours to drop and build anew.
SELECT NOT EXISTS (SELECT FROM silver.transfers)
       AND pg_has_role((SELECT relowner FROM pg_class WHERE oid = 'silver.transfers'::regclass), 'USAGE')
