-- No parameters. The staged scenarios whose newest run was of another version, scored by another model, or did not come to all alerts; also those
-- that no run ran.
SELECT s.scenario
FROM pg_temp.staged_scenarios s
LEFT JOIN LATERAL (SELECT * FROM gold.scenario_periods p
                   WHERE p.scenario = s.scenario
                   ORDER BY p.from_run_id DESC LIMIT 1) newest ON true
WHERE (newest.version, newest.model, newest.model_version) IS DISTINCT FROM (s.version, s.model, s.model_version)
   OR EXISTS (SELECT FROM gold.alerts a WHERE a.scenario = s.scenario AND a.found_until_run_id IS NOT NULL AND a.gone_run_id IS NULL)
ORDER BY s.scenario COLLATE "C"
