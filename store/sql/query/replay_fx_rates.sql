-- $1 file_id of the replay. Its rows, with what was corrected, into bronze, as if they had come in a file.
INSERT INTO bronze.fx_rates
SELECT corrected.*
FROM quarantine.replays replay
JOIN quarantine.rows held USING (file_id, line, dataset)
CROSS JOIN LATERAL jsonb_populate_record(NULL::bronze.fx_rates,
                          coalesce(held.row_values, '{}')
                          || quarantine.corrected(held.file_id, held.line, held.dataset)
                          || jsonb_build_object('file_id', replay.replay_file_id, 'line', replay.replay_line)) AS corrected
WHERE replay.replay_file_id = $1 AND replay.dataset = 'fx_rates'
