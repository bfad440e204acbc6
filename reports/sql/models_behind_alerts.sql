-- Which version of a model scored an alert, trained on what, put in production by whom, when and why?
--   psql "$(aml db url)" -v alert=0123456789abcdef0123456789abcdef -f reports/sql/models_behind_alerts.sql
-- alert: its alert_id or its subject, in every run that found it (default: all current alerts that a model scored).
-- Needs rights on aml: for model owners and auditors.
\if :{?alert}
\else
  \set alert ''
\endif
SELECT a.alert_id, a.subject, r.run_id, u.started_at AS scored_at, round(r.score::numeric, 4) AS score, g.model, g.model_version,
       t.window_from AS trained_from, t.window_until AS trained_until, t.rows AS training_rows, t.data_sha256, t.last_file_id,
       t.started_by AS trained_by, t.finished_at AS trained_at, p.promoted_by, p.since AS promoted_at, p.reason
FROM gold.alerts a
JOIN gold.run_alerts r USING (alert_id)
JOIN gold.run_results g ON g.run_id = r.run_id AND g.scenario = a.scenario
JOIN aml.runs u ON u.run_id = r.run_id
JOIN aml.model_versions v ON v.model = g.model AND v.version = g.model_version
LEFT JOIN aml.training_runs t USING (training_run)
LEFT JOIN LATERAL (
  SELECT m.promoted_by, m.since, m.reason
  FROM aml.model_production m
  WHERE m.model = g.model AND m.version = g.model_version AND m.since <= u.finished_at
  ORDER BY m.since DESC
  LIMIT 1
) p ON true
WHERE :'alert' IN (a.alert_id, a.subject)
   OR :'alert' = '' AND EXISTS (SELECT FROM gold.current_alerts c WHERE c.alert_id = a.alert_id AND c.last_run_id = r.run_id)
ORDER BY score DESC, a.alert_id, r.run_id;
