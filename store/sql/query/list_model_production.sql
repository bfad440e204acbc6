-- $1 model, $2, $3 moments. Which versions were in production at any time between the two, both included, the earliest first.
SELECT version, gold.iso_time(since) AS since, gold.iso_time(until) AS until, promoted_by, reason
FROM aml.model_production
WHERE model = $1 AND since <= $3::timestamptz AND (until IS NULL OR until > $2::timestamptz)
ORDER BY since
