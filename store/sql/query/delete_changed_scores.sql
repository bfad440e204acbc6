-- No parameters. Takes away the scores that are staged otherwise, made by another version of a model, or gone.
DELETE FROM gold.scores g
USING (SELECT n.scenario, n.measure, n.entity_kind, n.entity_id, n.value, s.model, s.model_version
       FROM pg_temp.staged_scores n JOIN pg_temp.staged_scenarios s USING (scenario)
       UNION ALL
       SELECT scenario, measure, entity_kind, entity_id, NULL, NULL, NULL FROM pg_temp.staged_gone_scores) n
WHERE (g.entity_id, g.entity_kind, g.measure, g.scenario) = (n.entity_id, n.entity_kind, n.measure, n.scenario)
  AND (g.value, g.model, g.model_version) IS DISTINCT FROM (n.value, n.model, n.model_version)
