-- $1 file_id of the replay, $2 dataset and $3 format of the files it is for, $4 reason, $5 dataset of rows, $6 file_id or path; the last
-- three may be null, which takes all. Takes open rows in hand and gives each line of theirs a line of the replay, in the order in
-- which they came. A line that could not be read takes part once it is fixed. Returns how many rows, by dataset.
WITH chosen AS MATERIALIZED (
  SELECT held.file_id, held.line, held.dataset
  FROM quarantine.rows held
  JOIN aml.ingested_files file USING (file_id)
  WHERE held.state = 'open' AND file.dataset = $2 AND file.format = $3
    AND ($4::text IS NULL OR $4 = ANY (held.reasons))
    AND ($5::text IS NULL OR held.dataset = $5)
    AND ($6::text IS NULL OR file.path = $6 OR file.file_id::text = $6)
    AND (held.row_values IS NOT NULL
         OR EXISTS (SELECT FROM quarantine.fixes fix
                    WHERE (fix.file_id, fix.line, fix.dataset) = (held.file_id, held.line, held.dataset)))
  FOR UPDATE OF held
),
placed AS (
  INSERT INTO quarantine.replays (replay_file_id, replay_line, file_id, line, dataset)
  SELECT $1, dense_rank() OVER (ORDER BY file_id, line), file_id, line, dataset FROM chosen
  RETURNING dataset
)
SELECT dataset, count(*) FROM placed GROUP BY dataset
