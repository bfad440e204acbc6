-- $1 file_id. Lines that could not be split into columns go to quarantine as they are; counted by reason.
WITH quarantined AS (
  INSERT INTO quarantine.rows (file_id, line, dataset, reasons, raw)
  SELECT file_id, line, dataset, ARRAY[reason], raw FROM bronze.unreadable_lines WHERE file_id = $1
  RETURNING reasons[1] AS reason
)
SELECT reason, count(*) FROM quarantined GROUP BY reason
