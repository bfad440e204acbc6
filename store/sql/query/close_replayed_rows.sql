-- $1 file_id of a replay. The rows that are in it now are in silver: they are closed. Returns one row for each.
UPDATE quarantine.rows held
SET state = 'replayed', closed_at = now(), closed_by = session_user
FROM quarantine.replays replay
WHERE replay.replay_file_id = $1 AND (held.file_id, held.line, held.dataset) = (replay.file_id, replay.line, replay.dataset)
RETURNING held.line
