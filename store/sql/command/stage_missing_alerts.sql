-- Current alerts that the scenarios do not find.
CREATE TEMPORARY TABLE IF NOT EXISTS staged_missing_alerts (
  alert_id text NOT NULL,
  scenario text NOT NULL
) ON COMMIT DELETE ROWS
