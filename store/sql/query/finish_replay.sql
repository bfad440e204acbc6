-- $1 file_id of a replay, $2 seconds. Its counts and, as it has no content of its own, a hash of the places its rows came from.
UPDATE aml.ingested_files
SET sha256 = encode(sha256(convert_to(content.places, 'UTF8')), 'hex'), lines_read = content.lines, rows_loaded = content.lines, seconds = $2
FROM (
  SELECT string_agg(format('%s:%s:%s', file_id, line, dataset), E'\n' ORDER BY file_id, line, dataset) AS places,
         count(DISTINCT replay_line) AS lines
  FROM quarantine.replays
  WHERE replay_file_id = $1
) AS content
WHERE file_id = $1
