-- The scores of one scenario on their way into gold.
CREATE TEMPORARY TABLE staged_scores (
  measure     text NOT NULL,
  entity_kind text NOT NULL,
  entity_id   text NOT NULL,
  value       double precision NOT NULL
) ON COMMIT DROP
