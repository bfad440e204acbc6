-- Their findings.
CREATE TEMPORARY TABLE IF NOT EXISTS staged_findings (
  alert_id          text NOT NULL,
  scenario          text NOT NULL,
  subject_kind      text NOT NULL,
  subject           text NOT NULL,
  score             double precision NOT NULL,
  severity          text NOT NULL,
  amount            numeric,
  first_activity_at timestamptz,
  last_activity_at  timestamptz,
  explanation       text NOT NULL
) ON COMMIT DELETE ROWS
