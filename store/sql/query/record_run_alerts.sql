-- $1 run, $2 version. The staged findings, which are in gold.alerts by now, as those of this run.
INSERT INTO gold.run_alerts (run_id, alert_id, version, score, severity)
SELECT $1, alert_id, $2::integer, score, severity FROM pg_temp.staged_findings
