-- $1 file_id of the replay, $2 and $3 from which to which of its lines. Its rows, with what was corrected, into bronze, as if they had come in a file.
INSERT INTO bronze.parties
SELECT corrected.*
FROM quarantine.replays replay
CROSS JOIN LATERAL (
  SELECT coalesce(held.row_values, '{}')
           || quarantine.corrected(held.file_id, held.line, held.dataset)
           || jsonb_build_object('file_id', replay.replay_file_id, 'line', replay.replay_line) AS texts
  FROM quarantine.rows held
  WHERE held.file_id = replay.file_id AND held.line = replay.line AND held.dataset = replay.dataset
  OFFSET 0  -- a fence: each row is looked up by its whole key, whatever the planner expects
) AS whole
CROSS JOIN LATERAL jsonb_populate_record(NULL::bronze.parties, quarantine.without_facts_of_erased(whole.texts, 'bronze.parties')) AS corrected
WHERE replay.replay_file_id = $1 AND replay.replay_line BETWEEN $2 AND $3 AND replay.dataset = 'parties'
