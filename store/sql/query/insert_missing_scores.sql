-- $1 scenario, $2 run, $3, $4 model and its version or nulls. Adds the staged scores that gold does not have.
INSERT INTO gold.scores (scenario, entity_kind, entity_id, measure, value, run_id, model, model_version)
SELECT $1, n.entity_kind, n.entity_id, n.measure, n.value, $2::bigint, $3, $4::integer
FROM pg_temp.staged_scores n
WHERE NOT EXISTS (SELECT FROM gold.scores s
                  WHERE s.scenario = $1 AND s.measure = n.measure AND s.entity_kind = n.entity_kind
                    AND s.entity_id = n.entity_id)
