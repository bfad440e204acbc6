-- Who is flagged for more than one kind of laundering? Independent patterns on one entity are stronger than any one score.
--   psql "$(aml db url)" -v at_least=3 -f reports/sql/entities_in_several_typologies.sql
-- at_least: typologies (default 2). An account and the party that owns it count together, under the party.
\if :{?at_least}
\else
  \set at_least 2
\endif
SELECT f.party_id, max(f.name) AS name, max(f.country) AS country,
       array_agg(DISTINCT t.typology ORDER BY t.typology) AS typologies,
       array_agg(DISTINCT f.entity_id ORDER BY f.entity_id) FILTER (WHERE f.entity_kind = 'account') AS flagged_accounts,
       max(f.highest_score) AS highest_score
FROM gold.flagged_entities f
CROSS JOIN LATERAL unnest(f.typologies) AS t (typology)
GROUP BY f.party_id
HAVING count(DISTINCT t.typology) >= :at_least
ORDER BY count(DISTINCT t.typology) DESC, highest_score DESC, f.party_id;
