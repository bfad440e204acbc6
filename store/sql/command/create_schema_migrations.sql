-- Made by the migration runner itself, before the first migration.
CREATE SCHEMA aml
  CREATE TABLE schema_migrations (
    number          integer PRIMARY KEY,
    name            text NOT NULL,
    sha256          text NOT NULL,
    program_version text NOT NULL,
    applied_at      timestamptz NOT NULL DEFAULT now()
  )
