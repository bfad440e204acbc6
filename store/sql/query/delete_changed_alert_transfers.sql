-- No parameters. Takes away the transfers of staged findings that are not exactly as staged.
DELETE FROM gold.alert_transfers t
USING pg_temp.staged_findings f
WHERE t.alert_id = f.alert_id
  AND NOT EXISTS (SELECT FROM pg_temp.staged_transfers s
                  WHERE s.alert_id = t.alert_id AND s.step = t.step AND s.transfer_id = t.transfer_id
                    AND s.role = t.role AND s.branch = t.branch)
