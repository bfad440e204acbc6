-- Gold: the analysts' contract. Every table, view and column carries a comment; a test fails if one lacks it.
CREATE SCHEMA gold;
COMMENT ON SCHEMA gold IS 'Who was flagged, why, and by which transfers: written in one database transaction by each run.';

CREATE TABLE gold.typologies (
  typology    text PRIMARY KEY,
  title       text NOT NULL,
  description text NOT NULL,
  reference   text NOT NULL
);
COMMENT ON TABLE gold.typologies IS 'The laundering patterns that scenarios look for. One row a typology.';
COMMENT ON COLUMN gold.typologies.typology IS 'Name as used in gold.alerts.';
COMMENT ON COLUMN gold.typologies.title IS 'Name for people.';
COMMENT ON COLUMN gold.typologies.description IS 'What the pattern is.';
COMMENT ON COLUMN gold.typologies.reference IS 'Law, standard or publication that describes it.';

INSERT INTO gold.typologies (typology, title, description, reference) VALUES
  ('synthetic_identity', 'Synthetic identities',
   'Parties that should have nothing to do with each other gave the same address, e-mail or phone: one person may stand behind several made-up identities.',
   'Federal Reserve, Synthetic Identity Fraud in the U.S. Payment System (2019); Databricks, The Big Book of Data Engineering, AML use case'),
  ('structuring', 'Structuring over middlemen',
   'A sum above the reporting threshold travels in payments below it, over several middlemen, into one collector who forwards it.',
   '31 USC 5324; 31 CFR 1010.100(xx) and 1010.314; FFIEC BSA/AML Examination Manual, Appendix G'),
  ('round_tripping', 'Round tripping',
   'Money leaves an account and comes back to it over others, which gives it a history that it does not have.',
   'FFIEC BSA/AML Examination Manual, Appendix F (funds moved to another bank and back)'),
  ('risk_exposure', 'Exposure to risk by payments',
   'A party took money from risky parties, directly or over others: part of their risk is inherited with each payment.',
   'FATF Recommendation 10 (risk-based customer due diligence); Databricks, The Big Book of Data Engineering, AML use case'),
  ('anomalous_behaviour', 'Anomalous behaviour',
   'An account behaves unlike the other accounts: its amounts, counterparties or rhythm set it apart in a few steps.',
   'Liu, Ting, Zhou: Isolation Forest, ICDM 2008; FFIEC BSA/AML Examination Manual, Appendix F');

CREATE TABLE gold.alerts (
  alert_id          text PRIMARY KEY,
  scenario          text NOT NULL,
  version           integer NOT NULL,
  typology          text NOT NULL REFERENCES gold.typologies,
  subject_kind      text NOT NULL CHECK (subject_kind IN ('account', 'party')),
  subject           text NOT NULL,
  score             double precision NOT NULL CHECK (score BETWEEN 0 AND 1),
  severity          text NOT NULL CHECK (severity IN ('low', 'medium', 'high')),
  amount            numeric,
  currency          text,
  first_activity_at timestamptz,
  last_activity_at  timestamptz,
  explanation       text NOT NULL,
  evidence          jsonb NOT NULL,
  first_run_id      bigint NOT NULL REFERENCES aml.runs,
  last_run_id       bigint NOT NULL REFERENCES aml.runs
);
CREATE INDEX alerts_queue ON gold.alerts (severity, score DESC);
CREATE INDEX alerts_subject ON gold.alerts (subject_kind, subject);
CREATE INDEX alerts_last_run ON gold.alerts (scenario, last_run_id);
COMMENT ON TABLE gold.alerts IS 'One row for each finding, kept across runs. What the newest run of a scenario no longer finds stays here with its old last_run_id; gold.current_alerts leaves it out.';
COMMENT ON COLUMN gold.alerts.alert_id IS 'Stable: hash of scenario, subject and evidence key. The same finding has the same id in every run.';
COMMENT ON COLUMN gold.alerts.scenario IS 'Id of the scenario that found it.';
COMMENT ON COLUMN gold.alerts.version IS 'Version of the scenario in the run named by last_run_id.';
COMMENT ON COLUMN gold.alerts.typology IS 'Laundering pattern, see gold.typologies.';
COMMENT ON COLUMN gold.alerts.subject_kind IS 'What the subject is: account or party.';
COMMENT ON COLUMN gold.alerts.subject IS 'Account id or party id that the alert is about.';
COMMENT ON COLUMN gold.alerts.score IS 'From 0 to 1, higher is more suspicious; comparable inside a scenario only.';
COMMENT ON COLUMN gold.alerts.severity IS 'low, medium or high: by the score, as the scenario file says.';
COMMENT ON COLUMN gold.alerts.amount IS 'Money involved, in units of currency; null if the pattern moves no money.';
COMMENT ON COLUMN gold.alerts.currency IS 'Base currency of amount (ISO 4217); null when amount is.';
COMMENT ON COLUMN gold.alerts.first_activity_at IS 'Booking time (UTC) of the earliest transfer of the finding; null without transfers.';
COMMENT ON COLUMN gold.alerts.last_activity_at IS 'Booking time (UTC) of the latest transfer of the finding; null without transfers.';
COMMENT ON COLUMN gold.alerts.explanation IS 'Why it was flagged, in one sentence.';
COMMENT ON COLUMN gold.alerts.evidence IS 'Observed values by feature: {"schema_version": 1, "features": {feature: [observed, ...]}}. The same is flat in gold.alert_evidence.';
COMMENT ON COLUMN gold.alerts.first_run_id IS 'Run that first found it, see aml.runs.';
COMMENT ON COLUMN gold.alerts.last_run_id IS 'Latest run that found it, see aml.runs.';

CREATE TABLE gold.alert_transfers (
  alert_id    text NOT NULL REFERENCES gold.alerts,
  step        integer NOT NULL,
  transfer_id text NOT NULL,
  role        text NOT NULL,
  branch      integer NOT NULL,
  PRIMARY KEY (alert_id, step)
);
CREATE INDEX alert_transfers_transfer ON gold.alert_transfers (transfer_id);
COMMENT ON TABLE gold.alert_transfers IS 'The transfers that made an alert, in the order in which the story is told.';
COMMENT ON COLUMN gold.alert_transfers.alert_id IS 'Alert, see gold.alerts.';
COMMENT ON COLUMN gold.alert_transfers.step IS 'Order of the story, from 1.';
COMMENT ON COLUMN gold.alert_transfers.transfer_id IS 'Transfer, see silver.transfers; its facts are in gold.alert_transfer_details.';
COMMENT ON COLUMN gold.alert_transfers.role IS 'What the transfer does in the pattern: hop, first leg, second leg, exit, risk inflow ...';
COMMENT ON COLUMN gold.alert_transfers.branch IS 'Branch of the pattern the transfer belongs to, from 1; 0 if it has no branches.';

CREATE TABLE gold.alert_entities (
  alert_id    text NOT NULL REFERENCES gold.alerts,
  entity_kind text NOT NULL CHECK (entity_kind IN ('account', 'party')),
  entity_id   text NOT NULL,
  role        text NOT NULL,
  PRIMARY KEY (alert_id, entity_kind, entity_id, role)
);
CREATE INDEX alert_entities_entity ON gold.alert_entities (entity_id, entity_kind);
COMMENT ON TABLE gold.alert_entities IS 'The accounts and parties that take part in an alert, the subject included.';
COMMENT ON COLUMN gold.alert_entities.alert_id IS 'Alert, see gold.alerts.';
COMMENT ON COLUMN gold.alert_entities.entity_kind IS 'account or party.';
COMMENT ON COLUMN gold.alert_entities.entity_id IS 'Account id or party id.';
COMMENT ON COLUMN gold.alert_entities.role IS 'What the entity does in the pattern: collector, sender, middleman, exit, member, payer ...';

CREATE TABLE gold.alert_evidence (
  alert_id     text NOT NULL REFERENCES gold.alerts,
  item         integer NOT NULL,
  feature      text NOT NULL,
  observed     text NOT NULL,
  threshold    text,
  contribution double precision,
  sentence     text NOT NULL,
  PRIMARY KEY (alert_id, item)
);
COMMENT ON TABLE gold.alert_evidence IS 'Why an alert was raised, one observed value a row.';
COMMENT ON COLUMN gold.alert_evidence.alert_id IS 'Alert, see gold.alerts.';
COMMENT ON COLUMN gold.alert_evidence.item IS 'Order of importance, from 1.';
COMMENT ON COLUMN gold.alert_evidence.feature IS 'What was measured, for example forwarded_sum.';
COMMENT ON COLUMN gold.alert_evidence.observed IS 'Its value, as text: money in units of the base currency, times in UTC.';
COMMENT ON COLUMN gold.alert_evidence.threshold IS 'What it was held against; null if nothing.';
COMMENT ON COLUMN gold.alert_evidence.contribution IS 'How much it added to what was scored; positive is more suspicious; null if not additive.';
COMMENT ON COLUMN gold.alert_evidence.sentence IS 'The same for a person.';

-- run_id refers to aml.runs without a foreign key: there is one row for each account and party, its check would be two thirds of
-- the time to write them.
CREATE TABLE gold.scores (
  scenario    text NOT NULL,
  entity_kind text NOT NULL CHECK (entity_kind IN ('account', 'party')),
  entity_id   text NOT NULL,
  measure     text NOT NULL,
  value       double precision NOT NULL,
  run_id      bigint NOT NULL,
  PRIMARY KEY (entity_id, entity_kind, measure, scenario)
);
COMMENT ON TABLE gold.scores IS 'Measures of all entities by the newest run of a scenario, also of those without an alert. One row for each scenario, measure and entity.';
COMMENT ON COLUMN gold.scores.scenario IS 'Id of the scenario that measured.';
COMMENT ON COLUMN gold.scores.entity_kind IS 'account or party.';
COMMENT ON COLUMN gold.scores.entity_id IS 'Account id or party id.';
COMMENT ON COLUMN gold.scores.measure IS 'What was measured: risk_score, base_risk, anomaly_score.';
COMMENT ON COLUMN gold.scores.value IS 'Its value.';
COMMENT ON COLUMN gold.scores.run_id IS 'Run that first measured this value; runs after it found the same. See aml.runs.';

CREATE TABLE gold.scenario_runs (
  scenario    text PRIMARY KEY,
  version     integer NOT NULL,
  title       text NOT NULL,
  typology    text NOT NULL REFERENCES gold.typologies,
  last_run_id bigint NOT NULL REFERENCES aml.runs
);
COMMENT ON TABLE gold.scenario_runs IS 'The newest run that executed each scenario. One row a scenario.';
COMMENT ON COLUMN gold.scenario_runs.scenario IS 'Id of the scenario.';
COMMENT ON COLUMN gold.scenario_runs.version IS 'Its version in that run.';
COMMENT ON COLUMN gold.scenario_runs.title IS 'Its name for people.';
COMMENT ON COLUMN gold.scenario_runs.typology IS 'Laundering pattern it looks for, see gold.typologies.';
COMMENT ON COLUMN gold.scenario_runs.last_run_id IS 'Its newest run, see aml.runs.';

CREATE TABLE gold.run_results (
  run_id   bigint NOT NULL REFERENCES aml.runs,
  scenario text NOT NULL,
  version  integer NOT NULL,
  alerts   bigint NOT NULL,
  added    bigint NOT NULL,
  gone     bigint NOT NULL,
  PRIMARY KEY (run_id, scenario)
);
COMMENT ON TABLE gold.run_results IS 'What each run found. One row for each run and scenario.';
COMMENT ON COLUMN gold.run_results.run_id IS 'Run, see aml.runs.';
COMMENT ON COLUMN gold.run_results.scenario IS 'Id of the scenario.';
COMMENT ON COLUMN gold.run_results.version IS 'Version of the scenario in this run.';
COMMENT ON COLUMN gold.run_results.alerts IS 'Alerts that the run found.';
COMMENT ON COLUMN gold.run_results.added IS 'Of them, those that no run before had found.';
COMMENT ON COLUMN gold.run_results.gone IS 'Alerts that the run before it found and this one did not.';

CREATE FUNCTION gold.observed_values(evidence jsonb, feature text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ARRAY(SELECT jsonb_array_elements_text(evidence #> ARRAY['features', feature]));
COMMENT ON FUNCTION gold.observed_values(jsonb, text) IS 'All observed values of a feature in gold.alerts.evidence, in their order; empty if it was not observed.';

CREATE FUNCTION gold.observed_number(evidence jsonb, feature text) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN evidence #>> ARRAY['features', feature, '0'] ~ '^[+-]?[0-9]+([.][0-9]+)?([eE][+-]?[0-9]{1,3})?$'
            THEN (evidence #>> ARRAY['features', feature, '0'])::numeric END;
COMMENT ON FUNCTION gold.observed_number(jsonb, text) IS 'The first observed value of a feature in gold.alerts.evidence as a number; null if it was not observed or is not a number.';

CREATE FUNCTION gold.observed_count(evidence jsonb, feature text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN evidence #>> ARRAY['features', feature, '0'] ~ '^[0-9]{1,18}$'
            THEN (evidence #>> ARRAY['features', feature, '0'])::bigint END;
COMMENT ON FUNCTION gold.observed_count(jsonb, text) IS 'The first observed value of a feature in gold.alerts.evidence as a whole number; null if it was not observed or is not one.';

CREATE FUNCTION gold.iso_time(at timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS')
       || CASE WHEN extract(microseconds FROM at AT TIME ZONE 'UTC')::bigint % 1000000 = 0 THEN ''
               ELSE to_char(at AT TIME ZONE 'UTC', '.US') END
       || 'Z';
COMMENT ON FUNCTION gold.iso_time(timestamptz) IS 'A time as ISO 8601 in UTC, for example 2024-03-01T14:05:00Z, whatever the time zone of the session.';
