-- $1 file_id, $2 names of the expectations, $3 how many of them, counted from the first, send a row to quarantine (the others warn).
-- The exchange rates of one file, from bronze into silver or quarantine; see split_transfers.sql. The rate of a currency and day in a
-- later file replaces the one of an earlier file, unless it is the same.
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
ranked AS MATERIALIZED (  -- occurrence: of the rows with one key that meet the expectations, the first is loaded
  SELECT *, CASE WHEN broken IS NULL OR broken[1] > $3::integer
                 THEN row_number() OVER (PARTITION BY currency_code, rate_date, broken IS NULL OR broken[1] > $3 ORDER BY line) END AS occurrence
  FROM checked
),
loaded AS (
  INSERT INTO silver.fx_rates AS known (currency_code, rate_date, rate, file_id, line)
  SELECT currency_code, rate_date, rate, $1, line FROM ranked WHERE occurrence = 1
  ON CONFLICT (currency_code, rate_date) DO UPDATE
  SET (rate, file_id, line, valid_from) = (excluded.rate, excluded.file_id, excluded.line, excluded.valid_from)
  WHERE known.rate <> excluded.rate
     OR EXISTS (SELECT FROM aml.added_columns WHERE dataset = 'fx_rates')  -- may differ in these, which the load fills afterwards
),
quarantined AS (
  INSERT INTO quarantine.rows (file_id, line, dataset, reasons, row_values)
  SELECT $1, line, 'fx_rates',
         CASE WHEN occurrence > 1 THEN ARRAY['currency_and_rate_date_are_unique']
              ELSE ARRAY(SELECT ($2::text[])[number] FROM unnest(broken) AS number WHERE number <= $3) END,
         (SELECT to_jsonb(bronze) - 'file_id' - 'line' FROM bronze.fx_rates bronze
          WHERE bronze.file_id = $1 AND bronze.line = ranked.line)
  FROM ranked
  WHERE occurrence IS DISTINCT FROM 1
  RETURNING line, reasons
)
SELECT 'loaded' AS what, '' AS name, (SELECT count(*) FROM ranked WHERE occurrence = 1) AS rows, NULL::bigint AS first_line, NULL::bigint[] AS sample_lines,
       NULL::text[] AS sample_keys, NULL::text AS observed, NULL::text AS expected
UNION ALL
SELECT 'quarantined', reason, count(*), min(line), NULL, NULL, NULL, NULL FROM quarantined, unnest(reasons) AS reason GROUP BY reason
UNION ALL
SELECT 'broken', ($2::text[])[number], count(*), min(line), (array_agg(line ORDER BY line))[1:5],
       (array_agg(concat_ws(' ', currency_code, rate_date) ORDER BY line))[1:5], NULL, NULL
FROM checked, unnest(broken) AS number
WHERE broken IS NOT NULL GROUP BY number
