-- $1 run. The scenarios that a newer production run ran again, each with the newest such run: gold holds their alerts as that one left them.
SELECT old.scenario, s.last_run_id AS run_id
FROM gold.run_results old
JOIN gold.scenario_runs s USING (scenario)
WHERE old.run_id = $1::bigint AND s.last_run_id > old.run_id
ORDER BY old.scenario COLLATE "C"
