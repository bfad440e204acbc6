-- Their entities.
CREATE TEMPORARY TABLE staged_entities (
  alert_id    text NOT NULL,
  entity_kind text NOT NULL,
  entity_id   text NOT NULL,
  role        text NOT NULL
) ON COMMIT DROP
