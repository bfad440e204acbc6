-- $1 alerts. In the order of the array; the subject first, then by role and key.
SELECT wanted.position, e.entity_kind, e.entity_id, p.name, e.role
FROM unnest($1::text[]) WITH ORDINALITY wanted (alert_id, position)
JOIN gold.alerts a USING (alert_id)
JOIN gold.alert_entities e USING (alert_id)
LEFT JOIN silver.accounts acc ON e.entity_kind = 'account' AND acc.account_id = e.entity_id
LEFT JOIN silver.parties p ON p.party_id = CASE e.entity_kind WHEN 'party' THEN e.entity_id ELSE acc.party_id END
ORDER BY wanted.position, (e.entity_kind = a.subject_kind AND e.entity_id = a.subject) DESC, e.role COLLATE "C",
         e.entity_kind, octet_length(e.entity_id), e.entity_id COLLATE "C"
