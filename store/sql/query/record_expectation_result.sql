-- $1 file_id, $2 dataset, $3 expectation, $4 policy, $5 passed, $6 failed, $7 lines and $8 keys of the first rows that failed,
-- $9 what was observed of the whole file, $10 what was expected; both null for an expectation of rows.
INSERT INTO aml.expectation_results (file_id, dataset, expectation, policy, passed, failed, sample_lines, sample_keys, observed, expected)
VALUES ($1, $2, $3, $4, $5, $6, $7::bigint[], array_replace($8::text[], NULL, ''), $9, $10)
