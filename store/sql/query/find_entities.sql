-- $1 id. The account and the party with this id; of several scenarios that measure the same, the highest value.
SELECT e.entity_kind, e.entity_id, e.name, CASE e.entity_kind WHEN 'account' THEN e.party_id END AS party_id, e.country,
       CASE e.entity_kind WHEN 'party' THEN e.base_risk END AS base_risk, scores.risk_score, scores.anomaly_score,
       CASE e.entity_kind WHEN 'party' THEN
         ARRAY(SELECT a.account_id FROM silver.accounts a WHERE a.party_id = e.entity_id
               ORDER BY octet_length(a.account_id), a.account_id COLLATE "C")
       ELSE '{}' END AS accounts
FROM gold.entities e
CROSS JOIN LATERAL (
  SELECT max(s.value) FILTER (WHERE s.measure = 'risk_score') AS risk_score,
         max(s.value) FILTER (WHERE s.measure = 'anomaly_score') AS anomaly_score
  FROM gold.scores s
  WHERE s.entity_kind = e.entity_kind AND s.entity_id = e.entity_id
) scores
WHERE e.entity_id = $1
ORDER BY e.entity_kind
