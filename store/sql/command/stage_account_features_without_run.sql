-- Only whole rows that differ are written, and a run makes no difference.
ALTER TABLE pg_temp.staged_account_features DROP COLUMN run_id
