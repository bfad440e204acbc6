-- No parameters. The scores of the staged scenarios in gold that are not among the staged ones.
INSERT INTO pg_temp.staged_gone_scores (scenario, measure, entity_kind, entity_id)
SELECT g.scenario, g.measure, g.entity_kind, g.entity_id
FROM gold.scores g
JOIN pg_temp.staged_scenarios s USING (scenario)
WHERE NOT EXISTS (SELECT FROM pg_temp.staged_scores n
                  WHERE n.scenario = g.scenario AND n.measure = g.measure AND n.entity_kind = g.entity_kind AND n.entity_id = g.entity_id)
