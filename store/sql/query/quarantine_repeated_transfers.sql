-- $1 file_id. Transfers of this file that are neither in silver nor in quarantine after split_transfers.sql: their id was taken by
-- an earlier line or file. Returns how many. Grouping, because unlike a join it cannot be planned badly and spills to disk.
WITH lost AS (
  SELECT line
  FROM (
    SELECT line FROM bronze.transfers WHERE file_id = $1
    UNION ALL
    SELECT line FROM silver.transfers WHERE file_id = $1
    UNION ALL
    SELECT line FROM quarantine.rows WHERE file_id = $1 AND row_values IS NOT NULL
  ) AS everywhere
  GROUP BY line
  HAVING count(*) = 1
),
quarantined AS (
  INSERT INTO quarantine.rows (file_id, line, dataset, reasons, row_values)
  SELECT $1, line, 'transfers', ARRAY['transfer_id_is_unique'],
         (SELECT to_jsonb(bronze) - 'file_id' - 'line' FROM bronze.transfers bronze
          WHERE bronze.file_id = $1 AND bronze.line = lost.line)
  FROM lost
  RETURNING 1
)
SELECT count(*) FROM quarantined
