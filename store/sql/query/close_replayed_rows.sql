-- $1 file_id of a replay. The rows that are in it now are in silver: they are closed. Returns how many. Looked up by their whole key,
-- see return_failed_rows.sql.
WITH closed AS (
  UPDATE quarantine.rows held
  SET state = 'replayed', closed_at = now(), closed_by = session_user
  FROM quarantine.replays replay
  WHERE replay.replay_file_id = $1
    AND held.ctid = (SELECT found.ctid FROM quarantine.rows found
                     WHERE found.file_id = replay.file_id AND found.line = replay.line AND found.dataset = replay.dataset)
  RETURNING 1
)
SELECT count(*) FROM closed
