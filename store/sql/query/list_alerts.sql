-- $1 run or null for the current alerts, $2 entity or null, $3 scenario or null, $4 how many at most or null for all.
SELECT a.alert_id, a.scenario, coalesce(s.title, a.scenario) AS title, a.version, a.typology, a.subject_kind, a.subject, p.name AS subject_name,
       coalesce(r.score, a.score) AS score, coalesce(r.severity, a.severity) AS severity, a.amount, a.currency, gold.iso_time(a.first_activity_at) AS first_activity_at,
       gold.iso_time(a.last_activity_at) AS last_activity_at, a.explanation, a.first_run_id, a.last_run_id
FROM gold.alerts a
LEFT JOIN gold.scenario_runs s ON s.scenario = a.scenario
LEFT JOIN silver.accounts acc ON a.subject_kind = 'account' AND acc.account_id = a.subject
LEFT JOIN silver.parties p ON p.party_id = CASE a.subject_kind WHEN 'party' THEN a.subject ELSE acc.party_id END
LEFT JOIN gold.run_alerts r ON r.alert_id = a.alert_id AND r.run_id = $1::bigint
WHERE CASE WHEN $1::bigint IS NULL THEN a.last_run_id = s.last_run_id ELSE r.run_id IS NOT NULL END
  AND ($2::text IS NULL
       OR EXISTS (SELECT FROM gold.alert_entities e WHERE e.alert_id = a.alert_id AND e.entity_id = $2::text))
  AND ($3::text IS NULL OR a.scenario = $3::text)
ORDER BY array_position(ARRAY['high', 'medium', 'low'], coalesce(r.severity, a.severity)), coalesce(r.score, a.score) DESC, a.alert_id
LIMIT $4::bigint
