-- What analysts open first. All of these are views: a new scenario needs no C++ in store.
CREATE VIEW gold.entities AS
SELECT 'account'::text AS entity_kind, a.account_id AS entity_id, a.party_id, p.name, p.kind AS party_kind,
       coalesce(a.country, p.country) AS country, a.opened_on, p.base_risk
FROM silver.accounts a
JOIN silver.parties p USING (party_id)
UNION ALL
SELECT 'party', p.party_id, p.party_id, p.name, p.kind, p.country, NULL, p.base_risk
FROM silver.parties p;
COMMENT ON VIEW gold.entities IS 'Every account and every party, flagged or not. One row an entity.';
COMMENT ON COLUMN gold.entities.entity_kind IS 'account or party.';
COMMENT ON COLUMN gold.entities.entity_id IS 'Account id or party id.';
COMMENT ON COLUMN gold.entities.party_id IS 'Party that owns the account; of a party, the party itself.';
COMMENT ON COLUMN gold.entities.name IS 'Name of that party; null if not known.';
COMMENT ON COLUMN gold.entities.party_kind IS 'person, company or unknown.';
COMMENT ON COLUMN gold.entities.country IS 'Country of the account, else of its party; null if not known.';
COMMENT ON COLUMN gold.entities.opened_on IS 'Day the account was opened; null if not known and for parties.';
COMMENT ON COLUMN gold.entities.base_risk IS 'Risk that the party was given before any payment was looked at; 0 if none.';

CREATE VIEW gold.current_alerts AS
SELECT a.alert_id, a.scenario, s.title, a.version, a.typology, a.subject_kind, a.subject,
       p.party_id AS subject_party_id, p.name AS subject_name, a.score, a.severity, a.amount, a.currency,
       a.first_activity_at, a.last_activity_at,
       (a.first_activity_at AT TIME ZONE 'UTC')::date AS first_activity_date,
       (a.last_activity_at AT TIME ZONE 'UTC')::date AS last_activity_date,
       a.explanation, a.evidence, a.first_run_id, a.last_run_id, a.first_run_id = a.last_run_id AS is_new
FROM gold.alerts a
JOIN gold.scenario_runs s ON s.scenario = a.scenario AND s.last_run_id = a.last_run_id
LEFT JOIN silver.accounts acc ON a.subject_kind = 'account' AND acc.account_id = a.subject
LEFT JOIN silver.parties p ON p.party_id = CASE a.subject_kind WHEN 'party' THEN a.subject ELSE acc.party_id END;
COMMENT ON VIEW gold.current_alerts IS 'The alerts that the newest run of their scenario found. One row an alert.';
COMMENT ON COLUMN gold.current_alerts.alert_id IS 'Stable: the same finding has the same id in every run.';
COMMENT ON COLUMN gold.current_alerts.scenario IS 'Id of the scenario that found it.';
COMMENT ON COLUMN gold.current_alerts.title IS 'Name of the scenario for people.';
COMMENT ON COLUMN gold.current_alerts.version IS 'Version of the scenario.';
COMMENT ON COLUMN gold.current_alerts.typology IS 'Laundering pattern, see gold.typologies.';
COMMENT ON COLUMN gold.current_alerts.subject_kind IS 'What the subject is: account or party.';
COMMENT ON COLUMN gold.current_alerts.subject IS 'Account id or party id that the alert is about.';
COMMENT ON COLUMN gold.current_alerts.subject_party_id IS 'The subject, or the party that owns it if it is an account.';
COMMENT ON COLUMN gold.current_alerts.subject_name IS 'Name of that party; null if not known.';
COMMENT ON COLUMN gold.current_alerts.score IS 'From 0 to 1, higher is more suspicious; comparable inside a scenario only.';
COMMENT ON COLUMN gold.current_alerts.severity IS 'low, medium or high: by the score, as the scenario file says.';
COMMENT ON COLUMN gold.current_alerts.amount IS 'Money involved, in units of currency; null if the pattern moves no money.';
COMMENT ON COLUMN gold.current_alerts.currency IS 'Base currency of amount (ISO 4217); null when amount is.';
COMMENT ON COLUMN gold.current_alerts.first_activity_at IS 'Booking time (UTC) of the earliest transfer of the finding; null without transfers.';
COMMENT ON COLUMN gold.current_alerts.last_activity_at IS 'Booking time (UTC) of the latest transfer of the finding; null without transfers.';
COMMENT ON COLUMN gold.current_alerts.first_activity_date IS 'UTC day of first_activity_at.';
COMMENT ON COLUMN gold.current_alerts.last_activity_date IS 'UTC day of last_activity_at.';
COMMENT ON COLUMN gold.current_alerts.explanation IS 'Why it was flagged, in one sentence.';
COMMENT ON COLUMN gold.current_alerts.evidence IS 'Observed values by feature, see gold.alerts; the same is flat in gold.alert_evidence.';
COMMENT ON COLUMN gold.current_alerts.first_run_id IS 'Run that first found it, see aml.runs.';
COMMENT ON COLUMN gold.current_alerts.last_run_id IS 'Latest run that found it, see aml.runs.';
COMMENT ON COLUMN gold.current_alerts.is_new IS 'True if no run before the newest one had found it.';

CREATE VIEW gold.alert_transfer_details AS
SELECT at.alert_id, at.step, at.role, at.branch, at.transfer_id, t.booked_at,
       (t.booked_at AT TIME ZONE 'UTC')::date AS booked_on,
       t.from_account_id, fp.party_id AS from_party_id, fp.name AS from_name,
       t.to_account_id, tp.party_id AS to_party_id, tp.name AS to_name,
       t.amount, t.currency_code AS currency, t.amount_base, t.type
FROM gold.alert_transfers at
JOIN silver.transfers t USING (transfer_id)
LEFT JOIN silver.accounts fa ON fa.account_id = t.from_account_id
LEFT JOIN silver.parties fp ON fp.party_id = fa.party_id
LEFT JOIN silver.accounts ta ON ta.account_id = t.to_account_id
LEFT JOIN silver.parties tp ON tp.party_id = ta.party_id;
COMMENT ON VIEW gold.alert_transfer_details IS 'gold.alert_transfers with the facts of each transfer. One row for each alert and step; a transfer of two alerts stands here twice.';
COMMENT ON COLUMN gold.alert_transfer_details.alert_id IS 'Alert, see gold.alerts.';
COMMENT ON COLUMN gold.alert_transfer_details.step IS 'Order of the story, from 1.';
COMMENT ON COLUMN gold.alert_transfer_details.role IS 'What the transfer does in the pattern: hop, first leg, second leg, exit, risk inflow ...';
COMMENT ON COLUMN gold.alert_transfer_details.branch IS 'Branch of the pattern the transfer belongs to, from 1; of a round trip, the position of the hop; 0 if none.';
COMMENT ON COLUMN gold.alert_transfer_details.transfer_id IS 'Id of the transfer.';
COMMENT ON COLUMN gold.alert_transfer_details.booked_at IS 'When it was booked (UTC).';
COMMENT ON COLUMN gold.alert_transfer_details.booked_on IS 'UTC day of booked_at.';
COMMENT ON COLUMN gold.alert_transfer_details.from_account_id IS 'Account that paid.';
COMMENT ON COLUMN gold.alert_transfer_details.from_party_id IS 'Party that owns the account that paid.';
COMMENT ON COLUMN gold.alert_transfer_details.from_name IS 'Name of that party; null if not known.';
COMMENT ON COLUMN gold.alert_transfer_details.to_account_id IS 'Account that was paid.';
COMMENT ON COLUMN gold.alert_transfer_details.to_party_id IS 'Party that owns the account that was paid.';
COMMENT ON COLUMN gold.alert_transfer_details.to_name IS 'Name of that party; null if not known.';
COMMENT ON COLUMN gold.alert_transfer_details.amount IS 'Amount in units of currency, as booked.';
COMMENT ON COLUMN gold.alert_transfer_details.currency IS 'Currency of amount (ISO 4217).';
COMMENT ON COLUMN gold.alert_transfer_details.amount_base IS 'Amount in units of the base currency, at the rate of the day: what detectors compared.';
COMMENT ON COLUMN gold.alert_transfer_details.type IS 'Kind of payment, as the source names it.';
