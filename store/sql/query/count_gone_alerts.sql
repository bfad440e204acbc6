-- $1 scenario. After its findings are written and before its run is recorded: alerts of its run before that were not found again.
SELECT count(*)
FROM gold.alerts a
JOIN gold.scenario_runs s ON s.scenario = a.scenario AND s.last_run_id = a.last_run_id
WHERE a.scenario = $1
