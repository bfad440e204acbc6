-- $1 reason, $2 dataset, $3 file_id or path; each may be null, which takes all. The kinds of files whose open rows can be replayed:
-- one replay for each, in the order in which files are loaded.
SELECT file.dataset, file.format
FROM quarantine.rows held
JOIN aml.ingested_files file USING (file_id)
WHERE held.state = 'open'
  AND ($1::text IS NULL OR $1 = ANY (held.reasons))
  AND ($2::text IS NULL OR held.dataset = $2)
  AND ($3::text IS NULL OR file.path = $3 OR file.file_id::text = $3)
GROUP BY file.dataset, file.format
ORDER BY array_position(ARRAY['fx_rates', 'parties', 'accounts', 'transfers'], file.dataset), file.format
