-- $1 text: program version; $2 integer: threads; $3 bigint: seed; $4 text[]: scenarios; $5 timestamptz: as of, or null;
-- $6 text[]: overrides; $7 bigint: version of the data, or null. Returns the run's id.
INSERT INTO aml.runs (status, program_version, threads, seed, scenarios, as_of, overrides, as_of_version)
VALUES ('running', $1, $2, $3, $4, $5::timestamptz, $6::text[], $7::bigint)
RETURNING run_id
