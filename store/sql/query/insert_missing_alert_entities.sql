-- No parameters. Adds the entities of staged findings that gold does not have, each once.
INSERT INTO gold.alert_entities (alert_id, entity_kind, entity_id, role)
SELECT DISTINCT s.alert_id, s.entity_kind, s.entity_id, s.role
FROM pg_temp.staged_entities s
WHERE NOT EXISTS (SELECT FROM gold.alert_entities e
                  WHERE e.alert_id = s.alert_id AND e.entity_kind = s.entity_kind
                    AND e.entity_id = s.entity_id AND e.role = s.role)
