-- $1 file_id, $2 line, $3 dataset, $4 columns, $5 their corrected values. Waits for a replay that has the row in hand; no row comes
-- back if it is not open any more.
WITH fixed AS MATERIALIZED (
  SELECT file_id, line, dataset
  FROM quarantine.rows
  WHERE file_id = $1 AND line = $2 AND dataset = $3 AND state = 'open'
  FOR UPDATE
)
INSERT INTO quarantine.fixes (file_id, line, dataset, fixed_values)
SELECT file_id, line, dataset, jsonb_object($4::text[], $5::text[])
FROM fixed
RETURNING fix_id
