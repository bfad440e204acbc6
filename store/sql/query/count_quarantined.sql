-- $1 reason, $2 dataset, $3 file_id or path; each may be null, which takes all. Open rows by dataset, reason and file.
SELECT held.dataset, reason, held.file_id, file.path, count(*) AS open,
       count(*) FILTER (WHERE EXISTS (SELECT FROM quarantine.fixes fix
                                      WHERE (fix.file_id, fix.line, fix.dataset) = (held.file_id, held.line, held.dataset))) AS fixed
FROM quarantine.rows held
JOIN aml.ingested_files file USING (file_id)
CROSS JOIN unnest(held.reasons) AS reason
WHERE held.state = 'open'
  AND ($1::text IS NULL OR reason = $1)
  AND ($2::text IS NULL OR held.dataset = $2)
  AND ($3::text IS NULL OR file.path = $3 OR file.file_id::text = $3)
GROUP BY held.dataset, reason, held.file_id, file.path
ORDER BY open DESC, held.dataset, reason, held.file_id
