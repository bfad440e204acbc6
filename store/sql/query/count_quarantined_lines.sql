-- $1 file_id. Lines of a file of which something is in quarantine: a line can give rows to two datasets.
SELECT count(DISTINCT line) FROM quarantine.rows WHERE file_id = $1
