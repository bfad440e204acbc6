-- $1 file_id of the replay. Its rows, with what was corrected, into bronze, as if they had come in a file.
INSERT INTO bronze.transfers
SELECT corrected.*
FROM quarantine.replays replay
JOIN quarantine.rows held USING (file_id, line, dataset)
JOIN aml.ingested_files file ON file.file_id = held.file_id
CROSS JOIN LATERAL jsonb_populate_record(NULL::bronze.transfers,
                          coalesce(held.row_values, '{}')
                          -- The id that it would have got if it had been loaded with its file.
                          || CASE WHEN held.row_values ->> 'transfer_id' IS NULL
                                  THEN jsonb_build_object('transfer_id', left(file.sha256, 12) || '-' || held.line) ELSE '{}' END
                          || quarantine.corrected(held.file_id, held.line, held.dataset)
                          || jsonb_build_object('file_id', replay.replay_file_id, 'line', replay.replay_line)) AS corrected
WHERE replay.replay_file_id = $1 AND replay.dataset = 'transfers'
