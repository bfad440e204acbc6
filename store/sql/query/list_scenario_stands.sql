-- No parameters. Every scenario that ever ran: which run its current alerts are from and how complete that was, the newest run that has a step of
-- it (an incremental one has none), and a later one in which it failed. The alerts are counted first: the steps are looked through for each scenario.
SELECT s.scenario, s.title, s.version, s.last_run_id, coalesce(a.alerts, 0) AS alerts, coalesce(a.added, 0) AS added,
       coalesce(a.unreached, 0) AS unreached, r.is_truncated, full_run.run_id AS full_run_id, failed.run_id AS failed_run_id
FROM gold.scenario_runs s
JOIN gold.run_results r ON r.scenario = s.scenario AND r.run_id = s.last_run_id
LEFT JOIN (SELECT scenario, count(*) AS alerts, count(*) FILTER (WHERE is_new) AS added, count(*) FILTER (WHERE is_unreached) AS unreached
           FROM gold.current_alerts
           GROUP BY scenario) a ON a.scenario = s.scenario
LEFT JOIN LATERAL (SELECT t.run_id FROM aml.run_steps t JOIN aml.runs of USING (run_id)
                   WHERE t.scenario = s.scenario AND t.run_id <= s.last_run_id AND of.version IS NOT NULL AND t.outcome <> 'failed'
                   ORDER BY t.run_id DESC LIMIT 1) full_run ON true
LEFT JOIN LATERAL (SELECT t.run_id FROM aml.run_steps t JOIN aml.runs of USING (run_id)
                   WHERE t.scenario = s.scenario AND t.run_id > s.last_run_id AND of.purpose = 'production' AND t.outcome = 'failed'
                   ORDER BY t.run_id DESC LIMIT 1) failed ON true
ORDER BY s.scenario COLLATE "C"
