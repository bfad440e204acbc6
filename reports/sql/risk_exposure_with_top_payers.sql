-- Who inherited the most risk, and from whom?
--   psql "$(aml db url)" -v rows=100 -f reports/sql/risk_exposure_with_top_payers.sql
-- rows: parties at most (default 25). Parties below the alert threshold stand here too, without payers.
\if :{?rows}
\else
  \set rows 25
\endif
SELECT r.party_id, r.name, r.country, r.base_risk, round(r.inherited_risk::numeric, 3) AS inherited_risk,
       round(r.risk_score::numeric, 3) AS risk_score, r.severity,
       ARRAY(SELECT e.sentence FROM gold.alert_evidence e
             WHERE e.alert_id = r.alert_id AND e.feature = 'payer' ORDER BY e.item) AS payers
FROM gold.entity_risk r
WHERE r.inherited_risk > 0
ORDER BY r.inherited_risk DESC, r.party_id
LIMIT :rows;
