-- $1 run or null for all, $2 how many at most or null for all. Newest first. A run that is still "running" while nobody holds
-- the lock has died, even if no later run has seen it yet.
SELECT r.run_id, r.purpose, r.kind, gold.iso_time(r.as_of) AS as_of, r.read_version, r.as_of_version, r.overrides,
       CASE WHEN r.status = 'running' AND NOT EXISTS (
              SELECT FROM pg_locks l
              WHERE l.locktype = 'advisory' AND l.granted AND l.classid = 7103852 AND l.objid = 1 AND l.objsubid = 2
                AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()))
            THEN 'died' ELSE r.status END AS status, gold.iso_time(r.started_at) AS started_at, gold.iso_time(r.finished_at) AS finished_at,
       r.program_version, r.started_by, r.error, r.scenarios, r.threads, r.seed, r.accounts, r.parties, r.transfers,
       (SELECT sum(found) FROM (SELECT alerts AS found FROM gold.run_results g WHERE g.run_id = r.run_id
                                UNION ALL
                                SELECT findings FROM backtest.results b WHERE b.run_id = r.run_id) results) AS alerts,
       r.peak_memory_bytes,
       extract(epoch FROM r.finished_at - r.started_at)::double precision AS seconds
FROM aml.runs r
WHERE $1::bigint IS NULL OR r.run_id = $1::bigint
ORDER BY r.run_id DESC
LIMIT $2::bigint
