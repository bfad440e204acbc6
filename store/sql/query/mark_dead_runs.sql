-- No parameters. Runs that still say "running" although their lock is free ended without a word; when is not known, so finished_at stays null.
UPDATE aml.runs SET status = 'died' WHERE status = 'running'
