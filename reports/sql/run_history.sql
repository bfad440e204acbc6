-- What did the latest runs do, and where did their time go?
--   psql "$(aml db url)" -v runs=20 -f reports/sql/run_history.sql
-- runs: how many, the newest first (default 5). One row a stage; a run that died before its first stage has one row without.
-- Of a backtest alerts are findings, added and gone are held against the current alerts. Needs rights on aml and backtest: for data engineers and model owners.
\if :{?runs}
\else
  \set runs 5
\endif
SELECT r.run_id, r.purpose, r.status, r.started_at, r.program_version, r.threads, r.transfers, s.step, s.name AS stage, s.outcome, s.rows,
       round(s.seconds::numeric, 2) AS seconds,
       round((100 * s.seconds / nullif(sum(s.seconds) OVER (PARTITION BY r.run_id), 0))::numeric, 1) AS percent,
       s.peak_memory_bytes / 1048576 AS peak_mib, coalesce(g.alerts, b.findings) AS alerts, coalesce(g.added, b.added) AS added,
       coalesce(g.gone, b.gone) AS gone
FROM (SELECT * FROM aml.runs ORDER BY run_id DESC LIMIT :runs) r
LEFT JOIN aml.run_steps s USING (run_id)
LEFT JOIN gold.run_results g ON g.run_id = r.run_id AND g.scenario = s.scenario
LEFT JOIN backtest.results b ON b.run_id = r.run_id AND b.scenario = s.scenario
ORDER BY r.run_id DESC, s.step;
