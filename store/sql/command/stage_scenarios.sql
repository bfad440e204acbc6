-- The scenarios whose findings are on their way into gold.
CREATE TEMPORARY TABLE IF NOT EXISTS staged_scenarios (
  scenario      text PRIMARY KEY,
  version       integer NOT NULL,
  title         text NOT NULL,
  typology      text NOT NULL,
  detector      text NOT NULL,
  definition    text NOT NULL,
  sha256        text NOT NULL,
  model         text,
  model_version integer,
  is_truncated  boolean NOT NULL,
  alert_at      double precision
) ON COMMIT DELETE ROWS
