-- $1 file_id, $2 dataset, $3 expectation, $4 policy, $5 rows that met it, $6 rows that did not.
INSERT INTO aml.expectation_results (file_id, dataset, expectation, policy, passed, failed) VALUES ($1, $2, $3, $4, $5, $6)
