-- $1 run. Adds the staged scores that gold does not have.
INSERT INTO gold.scores (scenario, entity_kind, entity_id, measure, value, run_id, model, model_version)
SELECT n.scenario, n.entity_kind, n.entity_id, n.measure, n.value, $1::bigint, s.model, s.model_version
FROM pg_temp.staged_scores n
JOIN pg_temp.staged_scenarios s USING (scenario)
WHERE NOT EXISTS (SELECT FROM gold.scores g
                  WHERE g.scenario = n.scenario AND g.measure = n.measure AND g.entity_kind = n.entity_kind
                    AND g.entity_id = n.entity_id)
