-- Only whole rows that differ are written, and neither a run nor a version makes a difference.
ALTER TABLE pg_temp.staged_account_features DROP COLUMN IF EXISTS run_id, DROP COLUMN IF EXISTS valid_from
