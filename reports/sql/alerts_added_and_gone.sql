-- What changed with the newest run of each scenario?
--   psql "$(aml db url)" -v scenario=round_tripping -f reports/sql/alerts_added_and_gone.sql
-- scenario: only this one (default: all).  added: no run before had found it.  gone: the run before found it, this one did not.
\if :{?scenario}
\else
  \set scenario ''
\endif
SELECT s.scenario, s.last_run_id AS run_id, CASE s.last_run_id WHEN a.gone_run_id THEN 'gone' ELSE 'added' END AS change,
       a.severity, a.subject_kind, a.subject, a.amount, a.currency, a.alert_id, a.explanation
FROM gold.scenario_runs s
JOIN gold.alerts a USING (scenario)
WHERE s.last_run_id IN (a.first_run_id, a.gone_run_id) AND (:'scenario' = '' OR s.scenario = :'scenario')
ORDER BY s.scenario, change, array_position(ARRAY['high', 'medium', 'low'], a.severity), a.score DESC, a.alert_id;
