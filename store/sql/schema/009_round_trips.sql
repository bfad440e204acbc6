CREATE VIEW gold.round_trips AS
SELECT a.alert_id, a.scenario, a.score, a.severity,
       a.subject AS origin, a.subject_party_id AS origin_party_id, a.subject_name AS origin_name,
       ARRAY(SELECT hop.account_id
             FROM (SELECT DISTINCT ON (t.branch) t.branch, s.from_account_id AS account_id
                   FROM gold.alert_transfers t
                   JOIN silver.transfers s USING (transfer_id)
                   WHERE t.alert_id = a.alert_id AND t.role = 'hop'
                   ORDER BY t.branch, t.step) hop
             ORDER BY hop.branch) AS accounts,
       gold.observed_count(a.evidence, 'length') AS length,
       gold.observed_number(a.evidence, 'amount_sent') AS amount_sent,
       gold.observed_number(a.evidence, 'amount_returned') AS amount_returned,
       gold.observed_number(a.evidence, 'returned_share') AS returned_share,
       a.currency,
       gold.observed_number(a.evidence, 'duration_hours') AS duration_hours,
       gold.observed_count(a.evidence, 'instances') AS instances,
       a.first_activity_at, a.last_activity_at, a.explanation, a.first_run_id, a.last_run_id
FROM gold.current_alerts a
WHERE a.typology = 'round_tripping';
COMMENT ON VIEW gold.round_trips IS 'Money that came back to the account it had left. One row a cycle of accounts and episode.';
COMMENT ON COLUMN gold.round_trips.alert_id IS 'Alert, see gold.current_alerts; its transfers are in gold.alert_transfer_details, branch is the position of the hop.';
COMMENT ON COLUMN gold.round_trips.scenario IS 'Id of the scenario that found it.';
COMMENT ON COLUMN gold.round_trips.score IS 'From 0 to 1, higher is more suspicious.';
COMMENT ON COLUMN gold.round_trips.severity IS 'low, medium or high.';
COMMENT ON COLUMN gold.round_trips.origin IS 'Account (or party, if the scenario looks at parties) that sent the money and got it back.';
COMMENT ON COLUMN gold.round_trips.origin_party_id IS 'Party that owns the origin.';
COMMENT ON COLUMN gold.round_trips.origin_name IS 'Its name; null if not known.';
COMMENT ON COLUMN gold.round_trips.accounts IS 'The accounts that paid, in the order of the hops, from the origin.';
COMMENT ON COLUMN gold.round_trips.length IS 'Hops in the cycle.';
COMMENT ON COLUMN gold.round_trips.amount_sent IS 'What the origin sent on the first hop, in units of currency.';
COMMENT ON COLUMN gold.round_trips.amount_returned IS 'What came back to it on the last hop, in units of currency.';
COMMENT ON COLUMN gold.round_trips.returned_share IS 'amount_returned as a share of amount_sent.';
COMMENT ON COLUMN gold.round_trips.currency IS 'Base currency of the amounts (ISO 4217).';
COMMENT ON COLUMN gold.round_trips.duration_hours IS 'Hours from the first to the last transfer.';
COMMENT ON COLUMN gold.round_trips.instances IS 'Ways to follow the money round with the transfers of this alert.';
COMMENT ON COLUMN gold.round_trips.first_activity_at IS 'Booking time (UTC) of the first transfer.';
COMMENT ON COLUMN gold.round_trips.last_activity_at IS 'Booking time (UTC) of the last transfer.';
COMMENT ON COLUMN gold.round_trips.explanation IS 'Why it was flagged, in one sentence.';
COMMENT ON COLUMN gold.round_trips.first_run_id IS 'Run that first found it, see aml.runs.';
COMMENT ON COLUMN gold.round_trips.last_run_id IS 'Latest run that found it, see aml.runs.';
