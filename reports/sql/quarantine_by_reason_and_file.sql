-- Which input rows did not make it, from which file, and why?
--   psql "$(aml db url)" -f reports/sql/quarantine_by_reason_and_file.sql
-- A row that broke two expectations counts under both. first_line: where to look in the file.
-- Needs rights on quarantine and aml: for data engineers.
SELECT f.path, q.dataset, reason, count(*) AS rows, min(q.line) AS first_line, f.lines_read,
       round(100.0 * count(*) / nullif(f.lines_read, 0), 2) AS percent_of_file, f.loaded_at
FROM quarantine.rows q
CROSS JOIN LATERAL unnest(q.reasons) AS reason
JOIN aml.ingested_files f USING (file_id)
WHERE q.state = 'open'
GROUP BY f.file_id, f.path, f.lines_read, f.loaded_at, q.dataset, reason
ORDER BY rows DESC, f.path, q.dataset, reason;
