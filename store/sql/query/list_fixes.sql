-- $1 file_id, $2 line, $3 dataset. What was corrected of a quarantined row, in order.
SELECT fixed_at, fixed_by, names, texts
FROM quarantine.fixes
CROSS JOIN LATERAL (
  SELECT array_agg(cell.key ORDER BY cell.key) AS names, array_agg(cell.value ORDER BY cell.key) AS texts
  FROM jsonb_each_text(fixed_values) AS cell
) AS shown
WHERE file_id = $1 AND line = $2 AND dataset = $3
ORDER BY fix_id
