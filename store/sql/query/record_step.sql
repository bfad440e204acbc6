-- $1 bigint: run; $2 integer: step; $3 text: name; $4 text: scenario or null; $5 integer: its version or null;
-- $6 jsonb: its parameters or null; $7 bigint: rows; $8 double: seconds; $9 bigint: peak memory; $10 text: outcome; $11 text[]: notes.
INSERT INTO aml.run_steps (run_id, step, name, scenario, scenario_version, parameters, rows, seconds,
                           peak_memory_bytes, outcome, notes)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
