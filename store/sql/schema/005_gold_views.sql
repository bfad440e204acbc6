-- What analysts open first. All of these are views: a new scenario needs no C++ in store.
CREATE VIEW gold.current_alerts AS
SELECT a.*
FROM gold.alerts a
JOIN gold.scenario_runs s ON s.scenario = a.scenario AND s.last_run_id = a.last_run_id;

CREATE VIEW gold.alert_transfer_details AS
SELECT at.alert_id, at.step, at.role, at.branch, at.transfer_id, t.booked_at, t.booked_at::date AS booked_on,
       t.from_account_id, t.to_account_id, t.amount, t.currency_code AS currency, t.amount_base, t.type
FROM gold.alert_transfers at
JOIN silver.transfers t USING (transfer_id);
