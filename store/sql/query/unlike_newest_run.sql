-- No parameters. The staged scenarios whose newest run was of another version, or scored by another model; also those that no run ran.
SELECT s.scenario
FROM pg_temp.staged_scenarios s
LEFT JOIN LATERAL (SELECT * FROM gold.scenario_periods p
                   WHERE p.scenario = s.scenario
                   ORDER BY p.from_run_id DESC LIMIT 1) newest ON true
WHERE (newest.version, newest.model, newest.model_version) IS DISTINCT FROM (s.version, s.model, s.model_version)
ORDER BY s.scenario COLLATE "C"
