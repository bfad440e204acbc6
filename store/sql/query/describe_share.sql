-- $1 share. All that the ledger knows of it, also after it was dropped: section, name, value, detail.
WITH fact AS (
  SELECT 1 AS part, 0::bigint AS place, 'share' AS section, share AS name, CASE WHEN dropped_at IS NULL THEN 'in use' ELSE 'dropped' END AS value,
         created_at AS at, created_by AS by, dropped_at AS ended_at, dropped_by AS ended_by
  FROM aml.shares WHERE share = $1
  UNION ALL
  SELECT 2, row_number() OVER (ORDER BY table_name), 'table', table_name, condition, NULL, NULL, NULL, NULL FROM aml.share_tables WHERE share = $1
  UNION ALL
  SELECT 3, -approval, 'version', version::text, CASE WHEN approval = max(approval) OVER () THEN 'shown' ELSE 'earlier' END, approved_at, approved_by, NULL, NULL
  FROM aml.share_versions WHERE share = $1
  UNION ALL
  SELECT 4, -share_grant, 'grant', recipient, 'until ' || to_char(granted_until AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), granted_at, granted_by, revoked_at, revoked_by
  FROM aml.share_grants WHERE share = $1
  UNION ALL
  SELECT 5, -max(read_id), CASE WHEN admitted THEN 'read' ELSE 'refused read' END, reader,
         format('%s of %s at version %s', count(*), table_name, version), max(read_at), max(application_name), NULL, NULL
  FROM aml.share_reads WHERE share = $1
  GROUP BY reader, table_name, version, admitted
)
SELECT section, name, value,
       coalesce(to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') || ' by ' || by, '') ||
       coalesce(', ended ' || to_char(ended_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') || ' by ' || ended_by, '') AS detail
FROM fact
ORDER BY part, place
