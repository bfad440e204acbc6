-- Takes back what was done since begin_replayed_lines.sql.
ROLLBACK TO SAVEPOINT replayed_lines
