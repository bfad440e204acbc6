-- $1 integer: number; $2 text: name; $3 text: SHA-256 of its text; $4 text: program version.
INSERT INTO aml.schema_migrations (number, name, sha256, program_version) VALUES ($1, $2, $3, $4)
