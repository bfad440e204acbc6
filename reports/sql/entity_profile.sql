-- What does gold know about one account or party?
--   psql "$(aml db url)" -v entity=P17 -f reports/sql/entity_profile.sql
-- entity: its id (default: the flagged entity with the most typologies). One row for each alert in which it, or an account
-- of it, takes part.
\if :{?entity}
\else
  \set entity ''
\endif
WITH chosen AS (
  SELECT entity_id
  FROM gold.flagged_entities
  WHERE :'entity' IN ('', entity_id)
  ORDER BY cardinality(typologies) DESC, highest_score DESC, entity_kind, entity_id
  LIMIT 1
)
SELECT who.entity_kind, who.entity_id, who.party_id, who.name, who.country, a.typology, string_agg(e.role, ', ' ORDER BY e.role) AS roles,
       a.severity, round(a.score::numeric, 3) AS score, a.amount, a.currency, a.last_activity_date, a.alert_id, a.explanation
FROM chosen
JOIN gold.entities who ON chosen.entity_id IN (who.entity_id, who.party_id)
JOIN gold.alert_entities e ON e.entity_kind = who.entity_kind AND e.entity_id = who.entity_id
JOIN gold.current_alerts a USING (alert_id)
GROUP BY who.entity_kind, who.entity_id, who.party_id, who.name, who.country, a.typology, a.severity, a.score, a.amount,
         a.currency, a.last_activity_date, a.alert_id, a.explanation
ORDER BY array_position(ARRAY['high', 'medium', 'low'], a.severity), a.score DESC, a.alert_id, who.entity_kind;
