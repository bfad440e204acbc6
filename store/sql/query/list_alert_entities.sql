-- $1 alerts, $2 their backtest or 0 for gold. In the order of the array; the subject, which the id of an alert fixes, first, then by
-- role and key.
SELECT wanted.position, e.entity_kind, e.entity_id, p.name, e.role
FROM unnest($1::text[]) WITH ORDINALITY wanted (alert_id, position)
JOIN aml.finding_entities e ON e.alert_id = wanted.alert_id AND e.backtest_run_id = $2::bigint
LEFT JOIN gold.alerts a ON a.alert_id = wanted.alert_id
LEFT JOIN backtest.findings f ON f.alert_id = wanted.alert_id AND f.run_id = $2::bigint
LEFT JOIN silver.accounts acc ON e.entity_kind = 'account' AND acc.account_id = e.entity_id
LEFT JOIN silver.parties p ON p.party_id = CASE e.entity_kind WHEN 'party' THEN e.entity_id ELSE acc.party_id END
ORDER BY wanted.position,
         (e.entity_kind = coalesce(a.subject_kind, f.subject_kind) AND e.entity_id = coalesce(a.subject, f.subject)) DESC,
         e.role COLLATE "C", e.entity_kind, octet_length(e.entity_id), e.entity_id COLLATE "C"
