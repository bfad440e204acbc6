-- Made by the migration runner itself, before the first migration. A schema of that name is somebody else's, unless the extension made it.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'amlgraph') THEN
    CREATE SCHEMA aml;
  END IF;
END
$$;
CREATE TABLE aml.schema_migrations (
  number          integer PRIMARY KEY,
  name            text NOT NULL,
  sha256          text NOT NULL,
  program_version text NOT NULL,
  applied_at      timestamptz NOT NULL DEFAULT now()
)
