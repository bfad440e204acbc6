-- $1 run or null for the current alerts, $2 entity or null, $3 scenario or null, $4 how many at most or null for all.
WITH wanted AS (
  SELECT alert_id, backtest_run_id, scenario, title, version, typology, subject_kind, subject, score, severity, amount, currency,
         first_activity_at, last_activity_at, explanation, first_run_id, last_run_id, model, model_version, false AS is_unreached
  FROM aml.run_findings
  WHERE run_id = $1::bigint
  UNION ALL
  SELECT alert_id, 0, scenario, title, version, typology, subject_kind, subject, score, severity, amount, currency,
         first_activity_at, last_activity_at, explanation, first_run_id, last_run_id, model, model_version, is_unreached
  FROM gold.current_alerts
  WHERE $1::bigint IS NULL
)
SELECT f.alert_id, f.backtest_run_id, f.scenario, f.title, f.version, f.typology, f.subject_kind, f.subject, p.name AS subject_name,
       f.score, f.severity, f.amount, f.currency, gold.iso_time(f.first_activity_at) AS first_activity_at,
       gold.iso_time(f.last_activity_at) AS last_activity_at, f.explanation, f.first_run_id, f.last_run_id,
       f.is_unreached, f.model || ' version ' || f.model_version AS scored_by
FROM wanted f
LEFT JOIN silver.accounts acc ON f.subject_kind = 'account' AND acc.account_id = f.subject
LEFT JOIN silver.parties p ON p.party_id = CASE f.subject_kind WHEN 'party' THEN f.subject ELSE acc.party_id END
WHERE ($2::text IS NULL
       OR (f.alert_id, f.backtest_run_id) IN (SELECT e.alert_id, e.backtest_run_id FROM aml.finding_entities e
                                              WHERE e.entity_id = $2::text))
  AND ($3::text IS NULL OR f.scenario = $3::text)
ORDER BY array_position(ARRAY['high', 'medium', 'low'], f.severity), f.score DESC, f.alert_id
LIMIT $4::bigint
