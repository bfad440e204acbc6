-- $1 run, $2 base currency. Staged findings into gold where they are new there, gone, unreached or different; returns for each scenario how many were
-- not in gold, and how many were gone.
WITH features AS (
  SELECT alert_id, jsonb_object_agg(feature, observed) AS by_name
  FROM (SELECT alert_id, feature, jsonb_agg(observed ORDER BY item) AS observed
        FROM pg_temp.staged_evidence
        GROUP BY alert_id, feature) observations
  GROUP BY alert_id
), found AS (
  SELECT f.alert_id, f.scenario, s.version, s.typology, f.subject_kind, f.subject, f.score, f.severity, f.amount,
         CASE WHEN f.amount IS NOT NULL THEN $2 END AS currency, f.first_activity_at, f.last_activity_at, f.explanation,
         jsonb_build_object('schema_version', 1, 'features', coalesce(features.by_name, '{}')) AS evidence, s.model, s.model_version
  FROM pg_temp.staged_findings f
  JOIN pg_temp.staged_scenarios s USING (scenario)
  LEFT JOIN features USING (alert_id)
), changed AS MATERIALIZED (
  SELECT f.*, a.alert_id IS NULL AS is_added, a.gone_run_id IS NOT NULL AS was_gone
  FROM found f
  LEFT JOIN gold.alerts a USING (alert_id)
  WHERE a.alert_id IS NULL OR a.gone_run_id IS NOT NULL OR a.found_until_run_id IS NOT NULL
     OR (a.version, a.typology, a.score, a.severity, a.amount, a.currency, a.first_activity_at, a.last_activity_at, a.explanation,
         a.evidence, a.model, a.model_version)
        IS DISTINCT FROM
        (f.version, f.typology, f.score, f.severity, f.amount, f.currency, f.first_activity_at, f.last_activity_at, f.explanation,
         f.evidence, f.model, f.model_version)
), written AS (
  INSERT INTO gold.alerts (alert_id, scenario, version, typology, subject_kind, subject, score, severity, amount, currency,
                           first_activity_at, last_activity_at, explanation, evidence, first_run_id, model, model_version)
  SELECT alert_id, scenario, version, typology, subject_kind, subject, score, severity, amount, currency, first_activity_at,
         last_activity_at, explanation, evidence, $1::bigint, model, model_version
  FROM changed
  ON CONFLICT (alert_id) DO UPDATE
    SET version = excluded.version, typology = excluded.typology, score = excluded.score, severity = excluded.severity,
        amount = excluded.amount, currency = excluded.currency, first_activity_at = excluded.first_activity_at,
        last_activity_at = excluded.last_activity_at, explanation = excluded.explanation, evidence = excluded.evidence,
        gone_run_id = NULL, found_until_run_id = NULL, model = excluded.model, model_version = excluded.model_version, valid_from = excluded.valid_from
)
SELECT scenario, count(*) FILTER (WHERE is_added) AS added, count(*) FILTER (WHERE was_gone) AS found_again
FROM changed
GROUP BY scenario
