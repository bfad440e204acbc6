-- The model registry: what was trained on what, which version is in production, who put it there, when and why.
CREATE TABLE aml.training_runs (
  training_run    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  experiment      text NOT NULL CHECK (experiment <> ''),
  status          text NOT NULL CHECK (status IN ('succeeded', 'failed', 'imported')),
  started_at      timestamptz NOT NULL,
  finished_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  started_by      text NOT NULL DEFAULT session_user,
  program_version text NOT NULL,
  run_id          bigint REFERENCES aml.runs,
  source          text NOT NULL,
  snapshot        text,
  last_file_id    bigint,
  window_from     timestamptz,
  window_until    timestamptz,
  rows            bigint,
  data_sha256     text,
  parameters      jsonb NOT NULL,
  error           text
);
COMMENT ON TABLE aml.training_runs IS 'Each time a model was fitted, and on what. Training runs of one experiment are meant to be compared.';
COMMENT ON COLUMN aml.training_runs.experiment IS 'What is being tried out; the name of the model unless another was given.';
COMMENT ON COLUMN aml.training_runs.status IS 'imported: it took place in another database, and the other columns say what that database knew.';
COMMENT ON COLUMN aml.training_runs.run_id IS 'Run that fitted it because there was no version in production; null: aml model train or import did.';
COMMENT ON COLUMN aml.training_runs.source IS 'snapshot: the features of all accounts; else the file that held the rows.';
COMMENT ON COLUMN aml.training_runs.snapshot IS 'pg_current_snapshot() of the view that was read; null if the rows came from a file.';
COMMENT ON COLUMN aml.training_runs.last_file_id IS 'Newest loaded file in that view.';
COMMENT ON COLUMN aml.training_runs.window_from IS 'Booking time of the earliest transfer that was seen; null if the rows came from a file.';
COMMENT ON COLUMN aml.training_runs.window_until IS 'Booking time of the latest transfer that was seen.';
COMMENT ON COLUMN aml.training_runs.rows IS 'Rows it was fitted to: of a snapshot, the accounts with a transfer.';
COMMENT ON COLUMN aml.training_runs.data_sha256 IS 'SHA-256 over the names and values of the rows: equal means trained on the same.';
COMMENT ON COLUMN aml.training_runs.parameters IS 'How it was fitted, the seed included.';

CREATE TABLE aml.training_metrics (
  training_run bigint NOT NULL REFERENCES aml.training_runs,
  metric       text NOT NULL,
  value        double precision NOT NULL,
  PRIMARY KEY (training_run, metric)
);
COMMENT ON TABLE aml.training_metrics IS 'What was measured right after fitting, see docs/models.md.';

CREATE TABLE aml.models (
  model      text PRIMARY KEY CHECK (model ~ '^[a-z][a-z0-9_]{0,62}$'),
  created_at timestamptz NOT NULL DEFAULT now(),
  created_by text NOT NULL DEFAULT session_user
);
COMMENT ON TABLE aml.models IS 'Names under which versions of a model are registered. Whoever changes a stage locks the row.';

CREATE TABLE aml.model_versions (
  model           text NOT NULL REFERENCES aml.models,
  version         integer NOT NULL CHECK (version >= 1),
  stage           text NOT NULL DEFAULT 'None' CHECK (stage IN ('None', 'Staging', 'Production', 'Archived')),
  stage_reason    text NOT NULL DEFAULT 'registered' CHECK (stage_reason <> ''),
  signature       jsonb NOT NULL,
  artifact        bytea NOT NULL,
  artifact_sha256 text NOT NULL,
  training_run    bigint REFERENCES aml.training_runs,
  created_at      timestamptz NOT NULL DEFAULT now(),
  created_by      text NOT NULL DEFAULT session_user,
  PRIMARY KEY (model, version)
);
CREATE UNIQUE INDEX model_versions_one_production ON aml.model_versions (model) WHERE stage = 'Production';
COMMENT ON TABLE aml.model_versions IS 'Registered versions. Only the stage of a version ever changes, and each change is logged in aml.model_transitions.';
COMMENT ON COLUMN aml.model_versions.stage IS 'None, Staging, Production (at most one version of a model) or Archived.';
COMMENT ON COLUMN aml.model_versions.stage_reason IS 'Why it is in this stage; set together with stage.';
COMMENT ON COLUMN aml.model_versions.signature IS 'What it takes and gives: {"inputs": [{"name", "type", "required"}], "outputs": [...]}, inputs in the order of the columns.';
COMMENT ON COLUMN aml.model_versions.artifact IS 'The model as `aml forest fit` writes it.';
COMMENT ON COLUMN aml.model_versions.artifact_sha256 IS 'SHA-256 of artifact in lower-case hexadecimal digits.';
COMMENT ON COLUMN aml.model_versions.training_run IS 'What it was trained on, by whom and how, see aml.training_runs.';

CREATE TABLE aml.model_aliases (
  model   text NOT NULL,
  alias   text NOT NULL CHECK (alias ~ '^[a-z][a-z0-9_]{0,62}$' AND alias NOT IN ('latest', 'none', 'staging', 'production', 'archived')),
  version integer NOT NULL,
  reason  text NOT NULL DEFAULT 'set' CHECK (reason <> ''),
  PRIMARY KEY (model, alias),
  FOREIGN KEY (model, version) REFERENCES aml.model_versions
);
COMMENT ON TABLE aml.model_aliases IS 'Names of versions, such as champion and challenger. Whenever one is given it is logged in aml.model_transitions.';

CREATE TABLE aml.model_transitions (
  transition     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  model          text NOT NULL,
  version        integer NOT NULL,
  alias          text,
  from_stage     text,
  to_stage       text,
  changed_at     timestamptz NOT NULL,
  changed_by     text NOT NULL DEFAULT session_user,
  reason         text NOT NULL,
  transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id(),
  FOREIGN KEY (model, version) REFERENCES aml.model_versions,
  CHECK ((alias IS NULL) = (to_stage IS NOT NULL))
);
CREATE INDEX model_transitions_version ON aml.model_transitions (model, version);
COMMENT ON TABLE aml.model_transitions IS 'Who moved which version to which stage, or gave it which alias, when and why. Written by triggers, never changed.';
COMMENT ON COLUMN aml.model_transitions.alias IS 'The alias that was given to the version; null if its stage changed.';
COMMENT ON COLUMN aml.model_transitions.from_stage IS 'Stage before; null: the version was registered.';
COMMENT ON COLUMN aml.model_transitions.to_stage IS 'Stage after; null: an alias was given.';
COMMENT ON COLUMN aml.model_transitions.changed_at IS 'The same for all changes of a model in one database transaction: a promotion and the archiving of the version before it.';
COMMENT ON COLUMN aml.model_transitions.transaction_id IS 'Changes with the same changed_at and transaction_id became visible together.';

-- Not now(): a transaction that waited for another's lock would log a time before that of the other.
CREATE FUNCTION aml.time_of_transition(changed_model text) RETURNS timestamptz LANGUAGE sql AS $$
  SELECT coalesce(
    (SELECT max(changed_at) FROM aml.model_transitions
     WHERE model = changed_model AND transaction_id = pg_current_xact_id() AND changed_at >= now()),
    clock_timestamp())
$$;
COMMENT ON FUNCTION aml.time_of_transition IS 'When the changes of this transaction to the model take place: one moment for all of them.';

CREATE FUNCTION aml.log_stage() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO aml.model_transitions (model, version, to_stage, changed_at, reason)
    VALUES (NEW.model, NEW.version, NEW.stage, aml.time_of_transition(NEW.model), NEW.stage_reason);
  ELSIF NEW.stage <> OLD.stage THEN
    INSERT INTO aml.model_transitions (model, version, from_stage, to_stage, changed_at, reason)
    VALUES (NEW.model, NEW.version, OLD.stage, NEW.stage, aml.time_of_transition(NEW.model), NEW.stage_reason);
  END IF;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION aml.log_stage IS 'Trigger of aml.model_versions: no stage changes without a row in aml.model_transitions.';
CREATE TRIGGER log_stage AFTER INSERT OR UPDATE ON aml.model_versions
  FOR EACH ROW EXECUTE FUNCTION aml.log_stage();

CREATE FUNCTION aml.log_alias() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO aml.model_transitions (model, version, alias, changed_at, reason)
  VALUES (NEW.model, NEW.version, NEW.alias, aml.time_of_transition(NEW.model), NEW.reason);
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION aml.log_alias IS 'Trigger of aml.model_aliases: no alias is given without a row in aml.model_transitions.';
CREATE TRIGGER log_alias AFTER INSERT OR UPDATE ON aml.model_aliases
  FOR EACH ROW EXECUTE FUNCTION aml.log_alias();

CREATE FUNCTION aml.refuse_to_change_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%.% is append-only: % is refused', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'restrict_violation';
END
$$;
COMMENT ON FUNCTION aml.refuse_to_change_log IS 'Trigger of tables whose rows stay as they were written.';
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON aml.model_transitions
  FOR EACH STATEMENT EXECUTE FUNCTION aml.refuse_to_change_log();

CREATE FUNCTION aml.refuse_to_change_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'version % of model % is registered: only its stage can change', OLD.version, OLD.model
    USING ERRCODE = 'restrict_violation', HINT = 'Register another version: aml model train or aml model import.';
END
$$;
COMMENT ON FUNCTION aml.refuse_to_change_version IS 'Trigger of aml.model_versions: what a version is does not change, and it is not deleted.';
CREATE TRIGGER keep_versions BEFORE DELETE ON aml.model_versions
  FOR EACH ROW EXECUTE FUNCTION aml.refuse_to_change_version();
CREATE TRIGGER keep_content BEFORE UPDATE ON aml.model_versions
  FOR EACH ROW
  WHEN ((OLD.model, OLD.version, OLD.signature, OLD.artifact, OLD.artifact_sha256, OLD.training_run, OLD.created_at, OLD.created_by)
        IS DISTINCT FROM
        (NEW.model, NEW.version, NEW.signature, NEW.artifact, NEW.artifact_sha256, NEW.training_run, NEW.created_at, NEW.created_by))
  EXECUTE FUNCTION aml.refuse_to_change_version();

CREATE VIEW aml.model_production AS
SELECT entered.model, entered.version, entered.changed_at AS since, entered.changed_by AS promoted_by, entered.reason,
       ended.changed_at AS until, ended.changed_by AS ended_by
FROM aml.model_transitions entered
LEFT JOIN LATERAL (
  SELECT t.changed_at, t.changed_by
  FROM aml.model_transitions t
  WHERE t.model = entered.model AND t.version = entered.version AND t.from_stage = 'Production'
    AND t.transition > entered.transition
  ORDER BY t.transition
  LIMIT 1
) ended ON true
WHERE entered.to_stage = 'Production';
COMMENT ON VIEW aml.model_production IS 'Which version of a model was in production from when until when, and who put it there. One row a period; until is null for the present one.';

-- Drift: what a run scored, held against what the version was trained on.
CREATE TABLE aml.model_baseline_bins (
  model    text NOT NULL,
  version  integer NOT NULL,
  position integer NOT NULL CHECK (position >= 0),
  bin      integer NOT NULL CHECK (bin >= 0),
  feature  text NOT NULL,
  upper    double precision NOT NULL,
  rows     bigint NOT NULL,
  PRIMARY KEY (model, version, position, bin),
  FOREIGN KEY (model, version) REFERENCES aml.model_versions
);
COMMENT ON TABLE aml.model_baseline_bins IS 'How the scores and features of the training rows of a version were spread. One row for each version, measure and bin.';
COMMENT ON COLUMN aml.model_baseline_bins.position IS '0: the score; else the place of the feature among the columns of the model, from 1.';
COMMENT ON COLUMN aml.model_baseline_bins.bin IS '0: missing values; else from 1, by rising values.';
COMMENT ON COLUMN aml.model_baseline_bins.feature IS 'Name of the feature; anomaly_score at position 0.';
COMMENT ON COLUMN aml.model_baseline_bins.upper IS 'Largest value of the bin, which begins above the largest of the bin before it; Infinity: no limit; NaN: the bin of missing values.';
COMMENT ON COLUMN aml.model_baseline_bins.rows IS 'Training rows in it.';

CREATE TABLE aml.model_drift (
  run_id      bigint NOT NULL REFERENCES aml.runs,
  scenario    text NOT NULL,
  model       text NOT NULL,
  version     integer NOT NULL,
  position    integer NOT NULL,
  feature     text NOT NULL,
  rows        bigint NOT NULL,
  psi         double precision NOT NULL,
  ks          double precision NOT NULL,
  ks_p        double precision NOT NULL,
  level       text NOT NULL CHECK (level IN ('none', 'moderate', 'act')),
  measured_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (run_id, scenario, position),
  FOREIGN KEY (model, version) REFERENCES aml.model_versions
);
COMMENT ON TABLE aml.model_drift IS 'How far what a run scored had moved away from what the version was trained on. One row for each run, scenario and measure, see docs/models.md.';
COMMENT ON COLUMN aml.model_drift.position IS '0: the score; else the place of the feature among the columns of the model, from 1.';
COMMENT ON COLUMN aml.model_drift.rows IS 'Rows that the run scored.';
COMMENT ON COLUMN aml.model_drift.psi IS 'Population stability index over the bins of aml.model_baseline_bins.';
COMMENT ON COLUMN aml.model_drift.ks IS 'Two-sample Kolmogorov-Smirnov statistic at the edges of these bins: at most that of all values.';
COMMENT ON COLUMN aml.model_drift.ks_p IS 'How likely a difference as large as ks is if nothing has changed.';
COMMENT ON COLUMN aml.model_drift.level IS 'By psi: none below 0.1, moderate from 0.1 to 0.25, act above.';

-- Gold names the version that made a score.
ALTER TABLE gold.scores ADD COLUMN model text, ADD COLUMN model_version integer;
COMMENT ON COLUMN gold.scores.model IS 'Model that made the value; null if none did.';
COMMENT ON COLUMN gold.scores.model_version IS 'Its version, see aml.model_versions; null if no model made the value.';
ALTER TABLE gold.alerts ADD COLUMN model text, ADD COLUMN model_version integer,
  ADD FOREIGN KEY (model, model_version) REFERENCES aml.model_versions;
COMMENT ON COLUMN gold.alerts.model IS 'Model that scored it in the run named by last_run_id; null if none did.';
COMMENT ON COLUMN gold.alerts.model_version IS 'Its version, see aml.model_versions; null if no model scored it.';
ALTER TABLE gold.run_results ADD COLUMN model text, ADD COLUMN model_version integer,
  ADD FOREIGN KEY (model, model_version) REFERENCES aml.model_versions;
COMMENT ON COLUMN gold.run_results.model IS 'Model that the run scored with; null if none.';
COMMENT ON COLUMN gold.run_results.model_version IS 'Its version, see aml.model_versions; null if no model scored.';
ALTER TABLE backtest.results ADD COLUMN model text, ADD COLUMN model_version integer,
  ADD FOREIGN KEY (model, model_version) REFERENCES aml.model_versions;
COMMENT ON COLUMN backtest.results.model IS 'Registered model that the backtest scored with; null if none did, or one was fitted for it alone.';
COMMENT ON COLUMN backtest.results.model_version IS 'Its version, see aml.model_versions; null if none scored.';

CREATE OR REPLACE VIEW gold.current_alerts AS
SELECT a.alert_id, a.scenario, s.title, a.version, a.typology, a.subject_kind, a.subject,
       p.party_id AS subject_party_id, p.name AS subject_name, a.score, a.severity, a.amount, a.currency,
       a.first_activity_at, a.last_activity_at,
       (a.first_activity_at AT TIME ZONE 'UTC')::date AS first_activity_date,
       (a.last_activity_at AT TIME ZONE 'UTC')::date AS last_activity_date,
       a.explanation, a.evidence, a.first_run_id, a.last_run_id, a.first_run_id = a.last_run_id AS is_new,
       a.model, a.model_version
FROM gold.alerts a
JOIN gold.scenario_runs s ON s.scenario = a.scenario AND s.last_run_id = a.last_run_id
LEFT JOIN silver.accounts acc ON a.subject_kind = 'account' AND acc.account_id = a.subject
LEFT JOIN silver.parties p ON p.party_id = CASE a.subject_kind WHEN 'party' THEN a.subject ELSE acc.party_id END;
COMMENT ON COLUMN gold.current_alerts.model IS 'Model that scored it; null if none did.';
COMMENT ON COLUMN gold.current_alerts.model_version IS 'Its version, see aml.model_versions; null if no model scored it.';

CREATE OR REPLACE VIEW gold.anomaly_scores AS
SELECT s.scenario, s.entity_id AS account_id, acc.party_id, p.name, s.value AS anomaly_score,
       a.alert_id IS NOT NULL AS is_alert, a.alert_id, a.severity,
       coalesce(why.features, '{}') AS features, coalesce(why.reasons, '{}') AS reasons,
       s.model, s.model_version
FROM gold.scores s
LEFT JOIN gold.current_alerts a
  ON a.scenario = s.scenario AND a.subject_kind = 'account' AND a.subject = s.entity_id
LEFT JOIN LATERAL (
  SELECT array_agg(e.feature ORDER BY e.item) AS features, array_agg(e.sentence ORDER BY e.item) AS reasons
  FROM gold.alert_evidence e
  WHERE e.alert_id = a.alert_id AND e.feature <> s.measure
) why ON true
LEFT JOIN silver.accounts acc ON acc.account_id = s.entity_id
LEFT JOIN silver.parties p ON p.party_id = acc.party_id
WHERE s.measure = 'anomaly_score' AND s.entity_kind = 'account';
COMMENT ON COLUMN gold.anomaly_scores.model IS 'Model that made the score; null if it was made before models had versions.';
COMMENT ON COLUMN gold.anomaly_scores.model_version IS 'Its version, see aml.model_versions.';

CREATE OR REPLACE VIEW aml.run_findings AS
SELECT r.run_id, 0::bigint AS backtest_run_id, r.alert_id, a.scenario, s.title, r.version, a.typology, a.subject_kind, a.subject,
       r.score, r.severity, a.amount, a.currency, a.first_activity_at, a.last_activity_at, a.explanation,
       a.first_run_id, a.last_run_id, r.run_id = s.last_run_id AS is_current, g.model, g.model_version
FROM gold.run_alerts r
JOIN gold.alerts a USING (alert_id)
JOIN gold.scenario_runs s ON s.scenario = a.scenario
LEFT JOIN gold.run_results g ON g.run_id = r.run_id AND g.scenario = a.scenario
UNION ALL
SELECT f.run_id, f.run_id, f.alert_id, f.scenario, b.title, b.version, b.typology, f.subject_kind, f.subject,
       f.score, f.severity, f.amount, f.currency, f.first_activity_at, f.last_activity_at, f.explanation,
       f.run_id, f.run_id, false, b.model, b.model_version
FROM backtest.findings f
JOIN backtest.results b USING (run_id, scenario);
