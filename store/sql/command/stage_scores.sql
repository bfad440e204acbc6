-- The scores of the scenarios.
CREATE TEMPORARY TABLE IF NOT EXISTS staged_scores (
  scenario    text NOT NULL,
  measure     text NOT NULL,
  entity_kind text NOT NULL,
  entity_id   text NOT NULL,
  value       double precision NOT NULL
) ON COMMIT DELETE ROWS
