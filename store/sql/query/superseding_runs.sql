-- $1 run. The scenarios that a newer production run ran again, each with the newest such run: gold holds their alerts as that one left them.
SELECT old.scenario, max(newer.run_id) AS run_id
FROM gold.run_results old
JOIN gold.run_results newer ON newer.scenario = old.scenario AND newer.run_id > old.run_id
WHERE old.run_id = $1::bigint
GROUP BY old.scenario
ORDER BY old.scenario COLLATE "C"
