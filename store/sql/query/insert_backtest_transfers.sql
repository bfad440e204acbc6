-- $1 run. The staged transfers as those of a backtest.
INSERT INTO backtest.finding_transfers (run_id, alert_id, step, transfer_id, role, branch)
SELECT $1::bigint, alert_id, step, transfer_id, role, branch FROM pg_temp.staged_transfers
