-- A run that ends at a budget leaves what it did not come to as it was found last; but not what rests on transfers that are no longer as they were.
CREATE VIEW aml.alerts_with_changed_evidence AS
SELECT DISTINCT a.alert_id
FROM gold.alerts a
JOIN gold.scenario_runs s USING (scenario)
JOIN aml.runs found ON found.run_id = coalesce(a.found_until_run_id, s.last_run_id)
JOIN gold.alert_transfers t ON t.alert_id = a.alert_id
JOIN history.silver_transfers h
  ON h.transfer_id = t.transfer_id AND h.valid_from <= found.read_version AND h.valid_until > found.read_version
WHERE a.gone_run_id IS NULL
  AND NOT EXISTS (SELECT FROM silver.transfers now
                  WHERE now.transfer_id = h.transfer_id
                    AND (now.booked_at, now.from_account_id, now.to_account_id, now.amount, now.currency_code)
                        = (h.booked_at, h.from_account_id, h.to_account_id, h.amount, h.currency_code));
COMMENT ON VIEW aml.alerts_with_changed_evidence IS 'Current alerts of which a transfer was deleted, or is another one now, since the run that found them last. One row an alert.';
