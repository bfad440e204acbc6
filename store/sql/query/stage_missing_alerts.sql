-- No parameters. The current alerts of the staged scenarios that are not among the staged findings. They stay if the scenario ended at a budget
-- before it came to them, and their evidence is what it was; one that scored everything came to all that scores too little.
INSERT INTO pg_temp.staged_missing_alerts (alert_id, scenario, stays)
SELECT a.alert_id, a.scenario,
       s.is_truncated
       AND NOT EXISTS (SELECT FROM aml.alerts_with_changed_evidence c WHERE c.alert_id = a.alert_id)
       AND (s.alert_at IS NULL
            OR EXISTS (SELECT FROM pg_temp.staged_scores v
                       WHERE v.scenario = a.scenario AND v.entity_kind = a.subject_kind AND v.entity_id = a.subject
                         AND v.value >= s.alert_at))
FROM gold.alerts a
JOIN pg_temp.staged_scenarios s USING (scenario)
WHERE a.gone_run_id IS NULL
  AND NOT EXISTS (SELECT FROM pg_temp.staged_findings f WHERE f.alert_id = a.alert_id)
