-- $1 file_id of a replay of which no row passed: it leaves nothing behind.
WITH results AS (
  DELETE FROM aml.expectation_results WHERE file_id = $1
)
DELETE FROM aml.ingested_files WHERE file_id = $1
