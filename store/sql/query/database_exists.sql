-- $1 text: name of a database. One row if the server has it, none if not.
SELECT 1 FROM pg_database WHERE datname = $1
