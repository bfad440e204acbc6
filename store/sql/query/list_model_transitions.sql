-- $1 model, $2 version or null for all. In the order in which they took place.
SELECT gold.iso_time(changed_at) AS changed_at, version, alias, from_stage, to_stage, changed_by, reason
FROM aml.model_transitions
WHERE model = $1 AND version = coalesce($2::integer, version)
ORDER BY transition
