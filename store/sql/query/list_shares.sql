-- No parameters. Each share that is there, with its version, its tables, who may read it now, and how often it was read.
SELECT s.share, aml.shared_version(s.share) AS version,
       (SELECT string_agg(t.table_name, ' ' ORDER BY t.table_name) FROM aml.share_tables t WHERE t.share = s.share) AS tables,
       coalesce((SELECT string_agg(g.recipient, ' ' ORDER BY g.recipient) FROM aml.share_grants g
                 WHERE g.share = s.share AND g.revoked_at IS NULL AND g.granted_until > clock_timestamp()), '') AS recipients,
       (SELECT count(*) FROM aml.share_reads r WHERE r.share = s.share AND r.admitted) AS reads,
       to_char(s.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS created_at, s.created_by
FROM aml.shares s
WHERE s.dropped_at IS NULL
ORDER BY s.share
