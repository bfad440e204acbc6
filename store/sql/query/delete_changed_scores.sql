-- $1 scenario. Takes away its scores that are not exactly as staged.
DELETE FROM gold.scores s
WHERE s.scenario = $1
  AND NOT EXISTS (SELECT FROM pg_temp.staged_scores n
                  WHERE n.measure = s.measure AND n.entity_kind = s.entity_kind AND n.entity_id = s.entity_id
                    AND n.value = s.value)
