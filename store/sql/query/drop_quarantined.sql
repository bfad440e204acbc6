-- $1 file_id, $2 line, $3 dataset, $4 why nobody needs the row. No row comes back if it is not open any more.
UPDATE quarantine.rows
SET state = 'dropped', closed_at = now(), closed_by = session_user, drop_reason = $4
WHERE file_id = $1 AND line = $2 AND dataset = $3 AND state = 'open'
RETURNING line
