-- No parameters. Whether this database was ever migrated.
SELECT to_regclass('aml.schema_migrations') IS NOT NULL
