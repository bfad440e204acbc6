-- $1 file_id of a replay, $2 lines of it. Their rows leave the replay: they stay open where they were. Returns the rows, by line of the replay.
DELETE FROM quarantine.replays
WHERE replay_file_id = $1 AND replay_line = ANY ($2::bigint[])
RETURNING replay_line, file_id, line, dataset
