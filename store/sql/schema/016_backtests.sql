-- Backtests: runs over earlier data or with other parameters. What they find stands in a schema of its own, which no analyst reads.
ALTER TABLE aml.runs ADD COLUMN as_of timestamptz;
ALTER TABLE aml.runs ADD COLUMN overrides text[] NOT NULL DEFAULT '{}';
ALTER TABLE aml.runs ADD COLUMN purpose text NOT NULL
  GENERATED ALWAYS AS (CASE WHEN as_of IS NULL AND overrides = '{}' THEN 'production' ELSE 'backtest' END) STORED;
COMMENT ON COLUMN aml.runs.as_of IS 'The run saw only transfers booked until this moment, it included; null: all.';
COMMENT ON COLUMN aml.runs.overrides IS 'Parameters that differ from the scenario files, as typed: scenario.parameter=value.';
COMMENT ON COLUMN aml.runs.purpose IS 'production: its findings are in gold. backtest (as_of or overrides are given): its findings are in the schema backtest.';

-- A backtest can be deleted from aml.runs, and all it left goes with it. A production run cannot, not even one that wrote nothing to
-- gold: the ledger says what was run.
CREATE FUNCTION aml.refuse_to_delete_run() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'run % is a production run: it stays in the ledger', OLD.run_id
    USING ERRCODE = 'restrict_violation', HINT = 'Only backtests can be deleted: add WHERE purpose = ''backtest''.';
END
$$;
COMMENT ON FUNCTION aml.refuse_to_delete_run IS 'Trigger of aml.runs: a production run cannot be deleted.';
CREATE TRIGGER keep_production_runs BEFORE DELETE ON aml.runs
  FOR EACH ROW WHEN (OLD.purpose = 'production') EXECUTE FUNCTION aml.refuse_to_delete_run();

ALTER TABLE aml.run_steps DROP CONSTRAINT run_steps_run_id_fkey;
ALTER TABLE aml.run_steps ADD FOREIGN KEY (run_id) REFERENCES aml.runs ON DELETE CASCADE;
ALTER TABLE aml.evaluations DROP CONSTRAINT evaluations_run_id_fkey;
ALTER TABLE aml.evaluations ADD FOREIGN KEY (run_id) REFERENCES aml.runs ON DELETE CASCADE;

CREATE SCHEMA backtest;
COMMENT ON SCHEMA backtest IS 'What backtests found. Not alerts: nobody has to work on them. DELETE FROM aml.runs takes a backtest away whole.';

CREATE TABLE backtest.results (
  run_id     bigint NOT NULL REFERENCES aml.runs ON DELETE CASCADE,
  scenario   text NOT NULL,
  version    integer NOT NULL,
  title      text NOT NULL,
  typology   text NOT NULL,
  definition jsonb NOT NULL,
  findings   bigint NOT NULL,
  added      bigint NOT NULL,
  gone       bigint NOT NULL,
  PRIMARY KEY (run_id, scenario)
);
COMMENT ON TABLE backtest.results IS 'What each backtest ran and found. One row for each run and scenario.';
COMMENT ON COLUMN backtest.results.run_id IS 'Run, see aml.runs.';
COMMENT ON COLUMN backtest.results.scenario IS 'Id of the scenario.';
COMMENT ON COLUMN backtest.results.version IS 'Version of the scenario file.';
COMMENT ON COLUMN backtest.results.title IS 'Its name for people.';
COMMENT ON COLUMN backtest.results.typology IS 'Laundering pattern it looks for.';
COMMENT ON COLUMN backtest.results.definition IS 'The scenario as it ran, with the overridden parameters.';
COMMENT ON COLUMN backtest.results.findings IS 'Findings of the run.';
COMMENT ON COLUMN backtest.results.added IS 'Of them, those that were no current alert of the scenario at that time.';
COMMENT ON COLUMN backtest.results.gone IS 'Current alerts of the scenario at that time that this run did not find.';

CREATE TABLE backtest.findings (
  run_id            bigint NOT NULL,
  alert_id          text NOT NULL,
  scenario          text NOT NULL,
  subject_kind      text NOT NULL CHECK (subject_kind IN ('account', 'party')),
  subject           text NOT NULL,
  score             double precision NOT NULL CHECK (score BETWEEN 0 AND 1),
  severity          text NOT NULL CHECK (severity IN ('low', 'medium', 'high')),
  amount            numeric,
  currency          text,
  first_activity_at timestamptz,
  last_activity_at  timestamptz,
  explanation       text NOT NULL,
  PRIMARY KEY (run_id, alert_id),
  FOREIGN KEY (run_id, scenario) REFERENCES backtest.results ON DELETE CASCADE
);
COMMENT ON TABLE backtest.findings IS 'The findings of backtests. One row for each run and finding.';
COMMENT ON COLUMN backtest.findings.run_id IS 'Run, see aml.runs.';
COMMENT ON COLUMN backtest.findings.alert_id IS 'The id that the finding has, or would have, as an alert in gold.alerts.';
COMMENT ON COLUMN backtest.findings.scenario IS 'Id of the scenario that found it.';
COMMENT ON COLUMN backtest.findings.subject_kind IS 'What the subject is: account or party.';
COMMENT ON COLUMN backtest.findings.subject IS 'Account id or party id that the finding is about.';
COMMENT ON COLUMN backtest.findings.score IS 'From 0 to 1, higher is more suspicious; comparable inside a scenario only.';
COMMENT ON COLUMN backtest.findings.severity IS 'low, medium or high: by the score, as the scenario file says.';
COMMENT ON COLUMN backtest.findings.amount IS 'Money involved, in units of currency; null if the pattern moves no money.';
COMMENT ON COLUMN backtest.findings.currency IS 'Base currency of amount (ISO 4217); null when amount is.';
COMMENT ON COLUMN backtest.findings.first_activity_at IS 'Booking time (UTC) of the earliest transfer of the finding; null without transfers.';
COMMENT ON COLUMN backtest.findings.last_activity_at IS 'Booking time (UTC) of the latest transfer of the finding; null without transfers.';
COMMENT ON COLUMN backtest.findings.explanation IS 'Why it was flagged, in one sentence.';

CREATE TABLE backtest.finding_transfers (
  run_id      bigint NOT NULL,
  alert_id    text NOT NULL,
  step        integer NOT NULL,
  transfer_id text NOT NULL,
  role        text NOT NULL,
  branch      integer NOT NULL,
  PRIMARY KEY (run_id, alert_id, step),
  FOREIGN KEY (run_id, alert_id) REFERENCES backtest.findings ON DELETE CASCADE
);
COMMENT ON TABLE backtest.finding_transfers IS 'The transfers of each finding of a backtest, in the order of the story; as gold.alert_transfers.';
COMMENT ON COLUMN backtest.finding_transfers.run_id IS 'Run, see aml.runs.';
COMMENT ON COLUMN backtest.finding_transfers.alert_id IS 'Finding, see backtest.findings.';
COMMENT ON COLUMN backtest.finding_transfers.step IS 'Order of the story, from 1.';
COMMENT ON COLUMN backtest.finding_transfers.transfer_id IS 'Transfer, see silver.transfers.';
COMMENT ON COLUMN backtest.finding_transfers.role IS 'What the transfer does in the pattern.';
COMMENT ON COLUMN backtest.finding_transfers.branch IS 'Branch of the pattern the transfer belongs to, from 1; 0 if it has no branches.';

CREATE TABLE backtest.finding_entities (
  run_id      bigint NOT NULL,
  alert_id    text NOT NULL,
  entity_kind text NOT NULL CHECK (entity_kind IN ('account', 'party')),
  entity_id   text NOT NULL,
  role        text NOT NULL,
  PRIMARY KEY (run_id, alert_id, entity_kind, entity_id, role),
  FOREIGN KEY (run_id, alert_id) REFERENCES backtest.findings ON DELETE CASCADE
);
CREATE INDEX finding_entities_entity ON backtest.finding_entities (entity_id);
COMMENT ON TABLE backtest.finding_entities IS 'The accounts and parties that take part in each finding of a backtest; as gold.alert_entities.';
COMMENT ON COLUMN backtest.finding_entities.run_id IS 'Run, see aml.runs.';
COMMENT ON COLUMN backtest.finding_entities.alert_id IS 'Finding, see backtest.findings.';
COMMENT ON COLUMN backtest.finding_entities.entity_kind IS 'account or party.';
COMMENT ON COLUMN backtest.finding_entities.entity_id IS 'Account id or party id.';
COMMENT ON COLUMN backtest.finding_entities.role IS 'What the entity does in the pattern.';

CREATE TABLE backtest.finding_evidence (
  run_id       bigint NOT NULL,
  alert_id     text NOT NULL,
  item         integer NOT NULL,
  feature      text NOT NULL,
  observed     text NOT NULL,
  threshold    text,
  contribution double precision,
  sentence     text NOT NULL,
  PRIMARY KEY (run_id, alert_id, item),
  FOREIGN KEY (run_id, alert_id) REFERENCES backtest.findings ON DELETE CASCADE
);
COMMENT ON TABLE backtest.finding_evidence IS 'Why each finding of a backtest was flagged; as gold.alert_evidence.';
COMMENT ON COLUMN backtest.finding_evidence.run_id IS 'Run, see aml.runs.';
COMMENT ON COLUMN backtest.finding_evidence.alert_id IS 'Finding, see backtest.findings.';
COMMENT ON COLUMN backtest.finding_evidence.item IS 'Order of importance, from 1.';
COMMENT ON COLUMN backtest.finding_evidence.feature IS 'What was measured.';
COMMENT ON COLUMN backtest.finding_evidence.observed IS 'Its value, as text: money in units of the base currency, times in UTC.';
COMMENT ON COLUMN backtest.finding_evidence.threshold IS 'What it was held against; null if nothing.';
COMMENT ON COLUMN backtest.finding_evidence.contribution IS 'How much it added to what was scored; null if not additive.';
COMMENT ON COLUMN backtest.finding_evidence.sentence IS 'The same for a person.';

-- What any run found, whatever its purpose: what evaluation, difference and report read. The parts of a finding are found by its
-- alert_id and its backtest_run_id: 0 for a production run, whose alerts have one set of parts in gold for all runs.
CREATE VIEW aml.run_findings AS
SELECT r.run_id, 0::bigint AS backtest_run_id, r.alert_id, a.scenario, s.title, r.version, a.typology, a.subject_kind, a.subject,
       r.score, r.severity, a.amount, a.currency, a.first_activity_at, a.last_activity_at, a.explanation,
       a.first_run_id, a.last_run_id, r.run_id = s.last_run_id AS is_current
FROM gold.run_alerts r
JOIN gold.alerts a USING (alert_id)
JOIN gold.scenario_runs s ON s.scenario = a.scenario
UNION ALL
SELECT f.run_id, f.run_id, f.alert_id, f.scenario, b.title, b.version, b.typology, f.subject_kind, f.subject,
       f.score, f.severity, f.amount, f.currency, f.first_activity_at, f.last_activity_at, f.explanation,
       f.run_id, f.run_id, false
FROM backtest.findings f
JOIN backtest.results b USING (run_id, scenario);
COMMENT ON VIEW aml.run_findings IS 'What each run found, in production or in a backtest. One row for each run and finding; is_current: it is one of gold.current_alerts.';

CREATE VIEW aml.finding_transfers AS
SELECT 0::bigint AS backtest_run_id, alert_id, step, transfer_id, role, branch FROM gold.alert_transfers
UNION ALL
SELECT run_id, alert_id, step, transfer_id, role, branch FROM backtest.finding_transfers;
COMMENT ON VIEW aml.finding_transfers IS 'gold.alert_transfers (backtest_run_id 0) and backtest.finding_transfers.';

CREATE VIEW aml.finding_entities AS
SELECT 0::bigint AS backtest_run_id, alert_id, entity_kind, entity_id, role FROM gold.alert_entities
UNION ALL
SELECT run_id, alert_id, entity_kind, entity_id, role FROM backtest.finding_entities;
COMMENT ON VIEW aml.finding_entities IS 'gold.alert_entities (backtest_run_id 0) and backtest.finding_entities.';

CREATE VIEW aml.finding_evidence AS
SELECT 0::bigint AS backtest_run_id, alert_id, item, feature, observed, threshold, contribution, sentence FROM gold.alert_evidence
UNION ALL
SELECT run_id, alert_id, item, feature, observed, threshold, contribution, sentence FROM backtest.finding_evidence;
COMMENT ON VIEW aml.finding_evidence IS 'gold.alert_evidence (backtest_run_id 0) and backtest.finding_evidence.';
