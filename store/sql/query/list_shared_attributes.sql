-- $1 alerts, $2 their backtest or 0 for gold. Which party of an alert gave which of the attributes that its evidence names as shared, in
-- the order of the array.
SELECT DISTINCT wanted.position, gave.kind, shared.observed COLLATE "C" AS value, octet_length(gave.party_id) AS key_length,
       gave.party_id COLLATE "C" AS party_id
FROM unnest($1::text[]) WITH ORDINALITY wanted (alert_id, position)
JOIN aml.finding_evidence shared ON shared.alert_id = wanted.alert_id AND shared.backtest_run_id = $2::bigint
JOIN aml.finding_entities e ON e.alert_id = wanted.alert_id AND e.backtest_run_id = $2::bigint
JOIN silver.party_attributes gave
  ON gave.party_id = e.entity_id AND shared.feature = 'shared_' || gave.kind
  AND shared.observed IN (gave.normalised_value, gave.value)
WHERE e.entity_kind = 'party'
ORDER BY wanted.position, gave.kind, value, key_length, party_id
