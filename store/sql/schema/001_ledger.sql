-- The ledger: who ran what, when, over which data, with which outcome.
-- The schema and its table of migrations are there already: sql/command/create_schema_migrations.sql made them.
COMMENT ON SCHEMA aml IS 'The ledger of amlgraph: runs, loaded files, scenario versions, settings.';
COMMENT ON TABLE aml.schema_migrations IS 'The numbered files of the schema that were applied to this database.';
COMMENT ON COLUMN aml.schema_migrations.sha256 IS 'SHA-256 of the text as it was applied: an applied migration never changes.';

CREATE TABLE aml.properties (
  property text PRIMARY KEY,
  value    text NOT NULL
);
COMMENT ON TABLE aml.properties IS 'How this database was made: base_currency, base_currency_exponent, created_by_version.';

CREATE TABLE aml.ingested_files (
  file_id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  sha256           text NOT NULL UNIQUE,
  dataset          text NOT NULL,
  format           text NOT NULL,
  path             text NOT NULL,
  bytes            bigint NOT NULL,
  lines_read       bigint NOT NULL,
  rows_loaded      bigint NOT NULL,
  rows_quarantined bigint NOT NULL,
  seconds          double precision NOT NULL,
  loaded_at        timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE aml.ingested_files IS 'Each file content that was loaded, exactly once, in the same database transaction as its rows.';
COMMENT ON COLUMN aml.ingested_files.sha256 IS 'SHA-256 of the uncompressed content: the same content under another name is the same file.';

CREATE TABLE aml.expectation_results (
  file_id     bigint NOT NULL REFERENCES aml.ingested_files,
  dataset     text NOT NULL,
  expectation text NOT NULL,
  policy      text NOT NULL CHECK (policy IN ('warn', 'quarantine', 'fail')),
  passed      bigint NOT NULL,
  failed      bigint NOT NULL,
  PRIMARY KEY (file_id, dataset, expectation)
);
COMMENT ON TABLE aml.expectation_results IS 'How many rows of a file met each expectation.';

CREATE TABLE aml.scenario_versions (
  scenario      text NOT NULL,
  version       integer NOT NULL,
  sha256        text NOT NULL,
  title         text NOT NULL,
  typology      text NOT NULL,
  detector      text NOT NULL,
  definition    jsonb NOT NULL,
  first_used_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (scenario, version, sha256)
);
COMMENT ON TABLE aml.scenario_versions IS 'Every scenario text that was ever run.';

CREATE TABLE aml.runs (
  run_id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  status            text NOT NULL CHECK (status IN ('running', 'succeeded', 'failed', 'interrupted', 'died')),
  started_at        timestamptz NOT NULL DEFAULT now(),
  finished_at       timestamptz,
  program_version   text NOT NULL,
  started_by        text NOT NULL DEFAULT session_user,
  threads           integer NOT NULL,
  seed              bigint NOT NULL,
  scenarios         text[] NOT NULL,
  snapshot          text,
  last_file_id      bigint,
  accounts          bigint,
  parties           bigint,
  transfers         bigint,
  peak_memory_bytes bigint,
  error             text
);
COMMENT ON TABLE aml.runs IS 'One row for each run, written before it starts; a run that dies leaves this row and nothing else.';
COMMENT ON COLUMN aml.runs.snapshot IS 'pg_current_snapshot() of the REPEATABLE READ view that the run read.';
COMMENT ON COLUMN aml.runs.last_file_id IS 'Newest file in that view: with it the run can be repeated.';
COMMENT ON COLUMN aml.runs.status IS 'died: it stopped without a word, seen by a later run that got its lock.';

CREATE TABLE aml.run_steps (
  run_id            bigint NOT NULL REFERENCES aml.runs,
  step              integer NOT NULL,
  name              text NOT NULL,
  scenario          text,
  scenario_version  integer,
  parameters        jsonb,
  rows              bigint NOT NULL,
  seconds           double precision NOT NULL,
  peak_memory_bytes bigint NOT NULL,
  outcome           text NOT NULL CHECK (outcome IN ('ok', 'truncated', 'failed')),
  notes             text[] NOT NULL DEFAULT '{}',
  PRIMARY KEY (run_id, step)
);
COMMENT ON TABLE aml.run_steps IS 'Stages of a run: rows, seconds, peak memory so far, outcome.';
COMMENT ON COLUMN aml.run_steps.notes IS 'What was left out on purpose (hubs, over-shared attributes), budgets reached, or the error.';
