-- No parameters. Takes away the entities of staged findings that are not staged.
DELETE FROM gold.alert_entities e
USING pg_temp.staged_findings f
WHERE e.alert_id = f.alert_id
  AND NOT EXISTS (SELECT FROM pg_temp.staged_entities s
                  WHERE s.alert_id = e.alert_id AND s.entity_kind = e.entity_kind
                    AND s.entity_id = e.entity_id AND s.role = e.role)
