-- $1 file_id, $2 names of the expectations, $3 how many of them, counted from the first, send a row to quarantine (the others warn).
-- The exchange rates of one file, from bronze into silver or quarantine; see split_transfers.sql. The rate of a currency and day in a
-- later file replaces the one of an earlier file.
WITH checked AS MATERIALIZED (
  SELECT typed.line, typed.currency_code, typed.rate_date, typed.rate,
         NULL::integer[] AS broken
  FROM (
    SELECT plain.*, currency.exponent AS currency_exponent
    FROM (
      SELECT line, rescued,
             upper(aml.trimmed(currency)) AS currency_code,
             aml.try_date(aml.trimmed(rate_date)) AS rate_date,
             aml.try_numeric(aml.trimmed(rate)) AS rate
      FROM bronze.fx_rates
      WHERE file_id = $1
      OFFSET 0
    ) AS plain
    LEFT JOIN silver.currencies currency USING (currency_code)
    OFFSET 0
  ) AS typed
),
good AS MATERIALIZED (
  SELECT *, row_number() OVER (PARTITION BY currency_code, rate_date ORDER BY line) AS occurrence
  FROM checked
  WHERE broken IS NULL OR broken[1] > $3::integer
),
loaded AS (
  INSERT INTO silver.fx_rates (currency_code, rate_date, rate, file_id, line)
  SELECT currency_code, rate_date, rate, $1, line FROM good WHERE occurrence = 1
  ON CONFLICT (currency_code, rate_date) DO UPDATE
  SET (rate, file_id, line) = (excluded.rate, excluded.file_id, excluded.line)
  RETURNING line
),
quarantined AS (
  INSERT INTO quarantine.rows (file_id, line, dataset, reasons, row_values)
  SELECT $1, checked.line, 'fx_rates',
         CASE WHEN checked.broken[1] <= $3
              THEN ARRAY(SELECT ($2::text[])[number] FROM unnest(checked.broken) AS number WHERE number <= $3)
              ELSE ARRAY['currency_and_rate_date_are_unique'] END,
         to_jsonb(bronze) - 'file_id' - 'line'
  FROM checked
  LEFT JOIN loaded USING (line)
  JOIN bronze.fx_rates bronze ON bronze.file_id = $1 AND bronze.line = checked.line
  WHERE loaded.line IS NULL
  RETURNING line, reasons
)
SELECT 'loaded' AS what, '' AS name, (SELECT count(*) FROM loaded) AS rows, NULL::bigint AS first_line
UNION ALL
SELECT 'quarantined', reason, count(*), min(line) FROM quarantined, unnest(reasons) AS reason GROUP BY reason
UNION ALL
SELECT 'broken', ($2::text[])[number], count(*), min(line) FROM checked, unnest(broken) AS number
WHERE broken IS NOT NULL GROUP BY number
