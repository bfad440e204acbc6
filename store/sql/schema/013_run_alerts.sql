-- Which alerts each run found: what a report of an old run tells, and what differs between two runs.
CREATE TABLE gold.run_alerts (
  run_id   bigint NOT NULL REFERENCES aml.runs,
  alert_id text NOT NULL REFERENCES gold.alerts,
  version  integer NOT NULL,
  score    double precision NOT NULL,
  severity text NOT NULL,
  PRIMARY KEY (run_id, alert_id)
);
CREATE INDEX run_alerts_alert ON gold.run_alerts (alert_id);
COMMENT ON TABLE gold.run_alerts IS 'The alerts that each run found. One row for each run and alert.';
COMMENT ON COLUMN gold.run_alerts.run_id IS 'Run, see aml.runs.';
COMMENT ON COLUMN gold.run_alerts.alert_id IS 'Alert, see gold.alerts, where it stands as the newest run that found it left it.';
COMMENT ON COLUMN gold.run_alerts.version IS 'Version of the scenario in that run.';
COMMENT ON COLUMN gold.run_alerts.score IS 'Its score in that run.';
COMMENT ON COLUMN gold.run_alerts.severity IS 'Its severity in that run.';
