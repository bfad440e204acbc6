-- $1 text: program version; $2 integer: threads; $3 bigint: seed; $4 text[]: scenarios; $5 timestamptz: as of, or null;
-- $6 text[]: overrides; $7 bigint: version of the data, or null; $8 text: full or incremental; $9 double: seconds that it has been at work.
-- Returns the run's id.
INSERT INTO aml.runs (status, started_at, program_version, threads, seed, scenarios, as_of, overrides, as_of_version, kind)
VALUES ('running', now() - make_interval(secs => $9::double precision), $1, $2, $3, $4, $5::timestamptz, $6::text[], $7::bigint, $8)
RETURNING run_id
