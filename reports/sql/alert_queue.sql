-- Which alerts should be looked at first?
-- Current alerts of at least a severity, the most severe and highest score first.
--   psql "$(aml db url)" -v severity=medium -v only_new=true -v rows=100 -f reports/sql/alert_queue.sql
-- severity: low, medium or high (default high).  only_new: true leaves out what a run before had found (default false).
-- rows: how many at most (default 50).
\if :{?severity}
\else
  \set severity high
\endif
\if :{?only_new}
\else
  \set only_new false
\endif
\if :{?rows}
\else
  \set rows 50
\endif
SELECT severity, round(score::numeric, 3) AS score, typology, subject, subject_name, amount, currency, is_new,
       first_activity_date, last_activity_date, alert_id, explanation
FROM gold.current_alerts
WHERE array_position(ARRAY['high', 'medium', 'low'], severity) <= array_position(ARRAY['high', 'medium', 'low'], :'severity')
  AND (is_new OR NOT :'only_new'::boolean)
ORDER BY array_position(ARRAY['high', 'medium', 'low'], severity), current_alerts.score DESC, alert_id
LIMIT :rows;
