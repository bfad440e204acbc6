-- How many alerts of each typology belong to each month, and how much money do they tell of?
--   psql "$(aml db url)" -f reports/sql/alerts_by_typology_and_month.sql
-- The month is that of the last transfer (UTC); alerts without transfers stand under no month, at the end.
SELECT to_char(last_activity_date, 'YYYY-MM') AS month, typology, count(*) AS alerts,
       count(*) FILTER (WHERE severity = 'high') AS high, count(*) FILTER (WHERE severity = 'medium') AS medium,
       count(*) FILTER (WHERE severity = 'low') AS low, sum(amount) AS amount, max(currency) AS currency
FROM gold.current_alerts
GROUP BY month, typology
ORDER BY month, typology;
