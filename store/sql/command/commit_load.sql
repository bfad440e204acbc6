-- The file is loaded.
COMMIT
