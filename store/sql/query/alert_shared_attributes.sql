-- Which parties of an alert gave the attributes that its evidence names. $1: alert ids (text[]).
SELECT ev.alert_id, pa.party_id, pa.kind, pa.normalised_value
FROM gold.alert_evidence ev
JOIN silver.party_attributes pa ON ev.feature = 'shared_' || pa.kind AND pa.normalised_value = ev.observed
JOIN gold.alert_entities e ON e.alert_id = ev.alert_id AND e.entity_kind = 'party' AND e.entity_id = pa.party_id
WHERE ev.alert_id = ANY ($1::text[])
GROUP BY ev.alert_id, pa.party_id, pa.kind, pa.normalised_value
ORDER BY ev.alert_id, pa.kind, pa.normalised_value COLLATE "C", octet_length(pa.party_id), pa.party_id COLLATE "C"
