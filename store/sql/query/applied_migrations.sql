-- No parameters. Number, name and SHA-256 of the migrations that were applied, in order.
SELECT number, name, sha256 FROM aml.schema_migrations ORDER BY number
