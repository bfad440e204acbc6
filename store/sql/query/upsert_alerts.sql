-- $1 scenario, $2 version, $3 typology, $4 base currency, $5 run, $6, $7 model and its version or nulls. Staged findings into gold; returns how many, and how many of them are new.
WITH features AS (
  SELECT alert_id, jsonb_object_agg(feature, observed) AS by_name
  FROM (SELECT alert_id, feature, jsonb_agg(observed ORDER BY item) AS observed
        FROM pg_temp.staged_evidence
        GROUP BY alert_id, feature) observations
  GROUP BY alert_id
), written AS (
  INSERT INTO gold.alerts AS a (alert_id, scenario, version, typology, subject_kind, subject, score, severity, amount,
                                currency, first_activity_at, last_activity_at, explanation, evidence, first_run_id,
                                last_run_id, model, model_version)
  SELECT f.alert_id, $1, $2::integer, $3, f.subject_kind, f.subject, f.score, f.severity, f.amount,
         CASE WHEN f.amount IS NOT NULL THEN $4 END, f.first_activity_at, f.last_activity_at, f.explanation,
         jsonb_build_object('schema_version', 1, 'features', coalesce(features.by_name, '{}')), $5::bigint, $5::bigint,
         $6, $7::integer
  FROM pg_temp.staged_findings f
  LEFT JOIN features USING (alert_id)
  ON CONFLICT (alert_id) DO UPDATE
    SET version = excluded.version, typology = excluded.typology, score = excluded.score,
        severity = excluded.severity, amount = excluded.amount, currency = excluded.currency,
        first_activity_at = excluded.first_activity_at, last_activity_at = excluded.last_activity_at,
        explanation = excluded.explanation, evidence = excluded.evidence, last_run_id = excluded.last_run_id,
        model = excluded.model, model_version = excluded.model_version, valid_from = excluded.valid_from
  RETURNING a.first_run_id
)
SELECT count(*) AS alerts, count(*) FILTER (WHERE first_run_id = $5::bigint) AS added FROM written
