-- $1 scenario, $2, $3 model and its version or nulls. Takes away its scores that are not exactly as staged, made by this version.
DELETE FROM gold.scores s
WHERE s.scenario = $1
  AND NOT EXISTS (SELECT FROM pg_temp.staged_scores n
                  WHERE n.measure = s.measure AND n.entity_kind = s.entity_kind AND n.entity_id = s.entity_id
                    AND n.value = s.value
                    AND s.model IS NOT DISTINCT FROM $2 AND s.model_version IS NOT DISTINCT FROM $3::integer)
