-- In which countries, and among persons or companies, are parties flagged more often than elsewhere?
--   psql "$(aml db url)" -v severity=low -f reports/sql/flagged_share_by_country.sql
-- severity: count parties that have an alert of at least this one: low, medium or high (default medium). A party counts once, also for its accounts.
\if :{?severity}
\else
  \set severity medium
\endif
WITH flagged AS (
  SELECT DISTINCT party_id
  FROM gold.flagged_entities
  WHERE array_position(ARRAY['high', 'medium', 'low'], highest_severity)
        <= array_position(ARRAY['high', 'medium', 'low'], :'severity')
)
SELECT coalesce(e.country, '(not known)') AS country, e.party_kind, count(*) AS parties, count(f.party_id) AS flagged,
       round(100.0 * count(f.party_id) / count(*), 2) AS percent
FROM gold.entities e
LEFT JOIN flagged f USING (party_id)
WHERE e.entity_kind = 'party'
GROUP BY e.country, e.party_kind
ORDER BY percent DESC, flagged DESC, country, e.party_kind;
