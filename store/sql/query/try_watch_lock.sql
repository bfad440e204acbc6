-- $1 text[]: scenarios. Null if the session is now the one that detects with exactly these; else the server process of the one that is, 0 if that
-- has just ended.
WITH lock (key) AS (
  SELECT hashtextextended(array_to_string(ARRAY(SELECT scenario FROM unnest($1::text[]) AS scenario ORDER BY scenario COLLATE "C"), E'\n'), 7103852)
)
SELECT CASE WHEN NOT pg_try_advisory_lock(key) THEN
         coalesce((SELECT l.pid FROM pg_locks l
                   WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND (l.classid::bigint << 32) | l.objid::bigint = key
                     AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
                   LIMIT 1), 0) END
FROM lock
