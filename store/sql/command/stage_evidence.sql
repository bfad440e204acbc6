-- The evidence of the findings.
CREATE TEMPORARY TABLE IF NOT EXISTS staged_evidence (
  alert_id     text NOT NULL,
  item         integer NOT NULL,
  feature      text NOT NULL,
  observed     text NOT NULL,
  threshold    text,
  contribution double precision,
  sentence     text NOT NULL
) ON COMMIT DELETE ROWS
