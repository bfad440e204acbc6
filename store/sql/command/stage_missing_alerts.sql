-- Current alerts that the scenarios do not find; those that stay are not gone.
CREATE TEMPORARY TABLE IF NOT EXISTS staged_missing_alerts (
  alert_id text NOT NULL,
  scenario text NOT NULL,
  stays    boolean NOT NULL DEFAULT false
) ON COMMIT DELETE ROWS
