-- $1 run, or null for the newest run of each scenario. The typologies of the scenarios whose findings it kept, even if it found none.
SELECT s.typology
FROM gold.scenario_runs s
WHERE $1::bigint IS NULL
   OR EXISTS (SELECT FROM gold.run_results r WHERE r.run_id = $1::bigint AND r.scenario = s.scenario)
UNION
SELECT typology FROM backtest.results WHERE run_id = $1::bigint
