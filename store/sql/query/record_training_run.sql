-- $1 experiment, $2 status, $3 began at or null, $4 seconds since it began if so, $5 ended at or null for now, $6 by whom or null for this
-- user, $7 program version, $8 run or null, $9 source, $10 snapshot or null, $11 last file or null, $12, $13 window or null, $14 rows or null,
-- $15 data sha256 or null, $16 parameters, $17 error or null. Returns its number.
INSERT INTO aml.training_runs (experiment, status, started_at, finished_at, started_by, program_version, run_id, source, snapshot,
                               last_file_id, window_from, window_until, rows, data_sha256, parameters, error)
VALUES ($1, $2, coalesce($3::timestamptz, clock_timestamp() - make_interval(secs => $4::double precision)),
        coalesce($5::timestamptz, clock_timestamp()), coalesce($6, session_user), $7, $8::bigint, $9, $10, $11::bigint, $12::timestamptz,
        $13::timestamptz, $14::bigint, $15, $16::jsonb, $17)
RETURNING training_run
