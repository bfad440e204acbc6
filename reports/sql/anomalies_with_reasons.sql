-- Which accounts behave least like the others, and in what?
--   psql "$(aml db url)" -v rows=100 -f reports/sql/anomalies_with_reasons.sql
-- rows: accounts at most (default 25). Accounts below the alert threshold stand here too, without reasons.
\if :{?rows}
\else
  \set rows 25
\endif
SELECT account_id, party_id, name, round(anomaly_score::numeric, 4) AS score, is_alert, severity,
       array_to_string(reasons, ' ') AS reasons
FROM gold.anomaly_scores
ORDER BY anomaly_score DESC, account_id
LIMIT :rows;
