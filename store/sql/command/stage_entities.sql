-- The entities of the findings.
CREATE TEMPORARY TABLE IF NOT EXISTS staged_entities (
  alert_id    text NOT NULL,
  entity_kind text NOT NULL,
  entity_id   text NOT NULL,
  role        text NOT NULL
) ON COMMIT DELETE ROWS
