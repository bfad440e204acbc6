-- $1 text: program version; $2 integer: threads; $3 bigint: seed; $4 text[]: scenarios. Returns the run's id.
INSERT INTO aml.runs (status, program_version, threads, seed, scenarios)
VALUES ('running', $1, $2, $3, $4)
RETURNING run_id
