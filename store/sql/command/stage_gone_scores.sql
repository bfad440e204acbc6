-- Scores in gold that the scenarios do not give.
CREATE TEMPORARY TABLE IF NOT EXISTS staged_gone_scores (
  scenario    text NOT NULL,
  measure     text NOT NULL,
  entity_kind text NOT NULL,
  entity_id   text NOT NULL
) ON COMMIT DELETE ROWS
