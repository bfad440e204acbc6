-- The file changes nothing.
ROLLBACK
