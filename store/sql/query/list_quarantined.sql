-- $1 reason, $2 dataset, $3 file_id or path, $4 line, $5 state; each may be null, which takes all. Rows in quarantine with their
-- corrected values, in the order of files and lines.
SELECT held.file_id, file.path, held.line, held.dataset, held.state, held.reasons, held.quarantined_at, shown.names, shown.texts,
       encode(held.raw, 'escape') AS raw, held.closed_at, held.closed_by, held.drop_reason, replay.replay_file_id, replay.replay_line
FROM quarantine.rows held
JOIN aml.ingested_files file USING (file_id)
LEFT JOIN quarantine.replays replay ON (replay.file_id, replay.line, replay.dataset) = (held.file_id, held.line, held.dataset)
CROSS JOIN LATERAL (
  SELECT coalesce(array_agg(cell.key ORDER BY cell.key), '{}') AS names, coalesce(array_agg(cell.value ORDER BY cell.key), '{}') AS texts
  FROM jsonb_each_text(coalesce(held.row_values, '{}') || quarantine.corrected(held.file_id, held.line, held.dataset)) AS cell
  WHERE cell.value IS NOT NULL
) AS shown
WHERE ($1::text IS NULL OR $1 = ANY (held.reasons))
  AND ($2::text IS NULL OR held.dataset = $2)
  AND ($3::text IS NULL OR file.path = $3 OR file.file_id::text = $3)
  AND ($4::bigint IS NULL OR held.line = $4)
  AND ($5::text IS NULL OR held.state = $5)
ORDER BY held.file_id, held.line, held.dataset
