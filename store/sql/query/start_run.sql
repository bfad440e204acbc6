-- $1 text: program version; $2 integer: threads; $3 bigint: seed; $4 text[]: scenarios; $5 timestamptz: as of, or null;
-- $6 text[]: overrides. Returns the run's id.
INSERT INTO aml.runs (status, program_version, threads, seed, scenarios, as_of, overrides)
VALUES ('running', $1, $2, $3, $4, $5::timestamptz, $6::text[])
RETURNING run_id
