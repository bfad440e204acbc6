-- $1 file_id of a replay whose rows went through the split. Those that the split sent to quarantine again leave the replay: they stay
-- open where they were, with the reasons of today. Returns them counted by reason.
WITH returned AS (
  UPDATE quarantine.rows held
  SET reasons = again.reasons
  FROM quarantine.replays replay
  JOIN quarantine.rows again ON again.file_id = replay.replay_file_id AND again.line = replay.replay_line AND again.dataset = replay.dataset
  WHERE replay.replay_file_id = $1 AND (held.file_id, held.line, held.dataset) = (replay.file_id, replay.line, replay.dataset)
  RETURNING again.reasons
),
unplaced AS (
  DELETE FROM quarantine.replays replay
  USING quarantine.rows again
  WHERE replay.replay_file_id = $1 AND again.file_id = $1 AND again.line = replay.replay_line AND again.dataset = replay.dataset
),
judgement AS (
  DELETE FROM quarantine.rows WHERE file_id = $1
),
transfers AS (
  DELETE FROM bronze.transfers bronze
  WHERE file_id = $1 AND EXISTS (SELECT FROM quarantine.rows again
                                 WHERE again.file_id = $1 AND again.line = bronze.line AND again.dataset = 'transfers')
),
accounts AS (
  DELETE FROM bronze.accounts bronze
  WHERE file_id = $1 AND EXISTS (SELECT FROM quarantine.rows again
                                 WHERE again.file_id = $1 AND again.line = bronze.line AND again.dataset = 'accounts')
),
parties AS (
  DELETE FROM bronze.parties bronze
  WHERE file_id = $1 AND EXISTS (SELECT FROM quarantine.rows again
                                 WHERE again.file_id = $1 AND again.line = bronze.line AND again.dataset = 'parties')
),
fx_rates AS (
  DELETE FROM bronze.fx_rates bronze
  WHERE file_id = $1 AND EXISTS (SELECT FROM quarantine.rows again
                                 WHERE again.file_id = $1 AND again.line = bronze.line AND again.dataset = 'fx_rates')
)
SELECT reason, count(*) FROM returned, unnest(reasons) AS reason GROUP BY reason
