-- No parameters. Adds the transfers of staged findings that gold does not have.
INSERT INTO gold.alert_transfers (alert_id, step, transfer_id, role, branch)
SELECT s.alert_id, s.step, s.transfer_id, s.role, s.branch
FROM pg_temp.staged_transfers s
WHERE NOT EXISTS (SELECT FROM gold.alert_transfers t WHERE t.alert_id = s.alert_id AND t.step = s.step)
