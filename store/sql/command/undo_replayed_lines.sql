-- Takes them back.
ROLLBACK TO SAVEPOINT replayed_lines
