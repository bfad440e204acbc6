-- No parameters. A search that ended at a budget may have seen a part of what makes a finding. So where one lacks a transfer of the current alert,
-- it is not taken for all of it: the alert is missing, as if it had not been found; but it is all that is left if the evidence of the alert has
-- changed. Returns how many of each scenario and severity.
WITH partial AS (
  SELECT f.alert_id
  FROM pg_temp.staged_findings f
  JOIN pg_temp.staged_scenarios s USING (scenario)
  JOIN gold.alerts a USING (alert_id)
  WHERE s.is_truncated AND a.gone_run_id IS NULL
    AND NOT EXISTS (SELECT FROM aml.alerts_with_changed_evidence c WHERE c.alert_id = a.alert_id)
    AND EXISTS (SELECT FROM gold.alert_transfers t
                WHERE t.alert_id = f.alert_id
                  AND NOT EXISTS (SELECT FROM pg_temp.staged_transfers n WHERE n.alert_id = t.alert_id AND n.transfer_id = t.transfer_id))
), transfers AS (
  DELETE FROM pg_temp.staged_transfers WHERE alert_id IN (SELECT alert_id FROM partial)
), entities AS (
  DELETE FROM pg_temp.staged_entities WHERE alert_id IN (SELECT alert_id FROM partial)
), evidence AS (
  DELETE FROM pg_temp.staged_evidence WHERE alert_id IN (SELECT alert_id FROM partial)
), findings AS (
  DELETE FROM pg_temp.staged_findings WHERE alert_id IN (SELECT alert_id FROM partial) RETURNING scenario, severity
)
SELECT scenario, severity, count(*) AS partial FROM findings GROUP BY scenario, severity
