-- What changed with the newest run of each scenario?
--   psql "$(aml db url)" -v scenario=round_tripping -f reports/sql/alerts_added_and_gone.sql
-- scenario: only this one (default: all).  added: no run before had found it.  gone: the run before found it, this one did not.
\if :{?scenario}
\else
  \set scenario ''
\endif
WITH newest AS (
  SELECT s.scenario, s.last_run_id,
         (SELECT max(r.run_id) FROM gold.run_results r
          WHERE r.scenario = s.scenario AND r.run_id < s.last_run_id) AS run_before
  FROM gold.scenario_runs s
  WHERE :'scenario' = '' OR s.scenario = :'scenario'
)
SELECT n.scenario, n.last_run_id AS run_id, CASE WHEN a.last_run_id = n.last_run_id THEN 'added' ELSE 'gone' END AS change,
       a.severity, a.subject_kind, a.subject, a.amount, a.currency, a.alert_id, a.explanation
FROM newest n
JOIN gold.alerts a ON a.scenario = n.scenario
WHERE a.last_run_id = n.last_run_id AND a.first_run_id = n.last_run_id OR a.last_run_id = n.run_before
ORDER BY n.scenario, change, array_position(ARRAY['high', 'medium', 'low'], a.severity), a.score DESC, a.alert_id;
