-- What was done since begin_attempt.sql.
ROLLBACK TO SAVEPOINT attempt
