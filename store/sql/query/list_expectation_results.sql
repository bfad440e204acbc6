-- $1 dataset, $2 expectation, $3 file_id or path, $4 only those that were broken, $5 how many; each but $4 may be null, which takes all.
-- The newest first.
SELECT dataset, expectation, policy, file_id, path, loaded_at, passed, failed, pass_rate, observed, expected, sample_lines, sample_keys
FROM aml.expectation_history
WHERE ($1::text IS NULL OR dataset = $1)
  AND ($2::text IS NULL OR expectation = $2)
  AND ($3::text IS NULL OR path = $3 OR file_id::text = $3)
  AND (NOT $4::boolean OR failed > 0)
ORDER BY file_id DESC, failed DESC, dataset, expectation
LIMIT $5::bigint
