-- Which alerts belong in one case, because the same account or party takes part in both?
--   psql "$(aml db url)" -v alert=0123456789abcdef0123456789abcdef -f reports/sql/linked_alerts.sql
-- alert: only what is linked with this one (default: all pairs). An account and its party count as the same.
\if :{?alert}
\else
  \set alert ''
\endif
WITH taking_part AS (
  SELECT DISTINCT e.alert_id, who.party_id
  FROM gold.alert_entities e
  JOIN gold.current_alerts USING (alert_id)
  JOIN gold.entities who USING (entity_kind, entity_id)
)
SELECT a.alert_id, a.typology, b.alert_id AS linked_alert_id, b.typology AS linked_typology,
       count(*) AS shared_parties, array_agg(x.party_id ORDER BY x.party_id) AS parties
FROM taking_part x
JOIN taking_part y ON y.party_id = x.party_id AND y.alert_id <> x.alert_id
JOIN gold.alerts a ON a.alert_id = x.alert_id
JOIN gold.alerts b ON b.alert_id = y.alert_id
WHERE CASE WHEN :'alert' = '' THEN x.alert_id < y.alert_id ELSE x.alert_id = :'alert' END
GROUP BY a.alert_id, a.typology, b.alert_id, b.typology
ORDER BY shared_parties DESC, a.alert_id, b.alert_id;
