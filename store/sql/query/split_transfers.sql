-- $1 file_id, $2 beginning of the ids of transfers without one, $3 base currency, $4 its exponent, $5 names of the expectations,
-- $6 how many of them, counted from the first, send a row to quarantine (the others warn), $7 lines with a value that is not plain
-- (store/plain_values.hpp); null: perhaps all.
-- The transfers of one file, from bronze into silver or quarantine, and what became of them. store/row_split.cpp puts the numbers
-- of the expectations that a row breaks in the place of NULL::integer[], and what is measured of the whole file at the end; checks
-- see the columns of "typed".
-- It is tried first without the two lines that are for ids that are taken, which cost as much as all the rest: an id that is taken then
-- breaks the key. Rows "repeated" met every expectation, but their id is taken: quarantine_repeated_transfers.sql follows if there are any.
-- No CTE is joined to another: the planner cannot know their sizes, and a nested loop over them would not end.
WITH checked AS MATERIALIZED (
  SELECT typed.line, typed.transfer_id, typed.booked_at, typed.from_account_id, typed.to_account_id, typed.amount,
         typed.currency_code, typed.currency_exponent, typed.amount_base, typed.type,
         NULL::integer[] AS broken
  FROM (
    SELECT plain.*, $3::text AS base_currency_code,
           -- AMLworld writes hundredths of every currency, of the yen too.
           CASE WHEN plain.is_amlworld AND currency.exponent < 2 THEN 2 ELSE currency.exponent END AS currency_exponent,
           CASE WHEN plain.currency_code = $3 THEN 1 ELSE fx.rate END AS rate,
           round(plain.amount * CASE WHEN plain.currency_code = $3 THEN 1 ELSE fx.rate END, $4::integer) AS amount_base
    FROM (
      SELECT line, rescued,
             CASE WHEN transfer_id IS NULL THEN $2::text || '-' || line WHEN is_plain THEN transfer_id
                  ELSE aml.trimmed(transfer_id) END AS transfer_id,
             CASE WHEN is_plain THEN booked_at::timestamptz
                  WHEN is_amlworld THEN aml.try_timestamptz(replace(aml.trimmed(booked_at), '/', '-'))
                  ELSE aml.try_timestamptz(aml.trimmed(booked_at)) END AS booked_at,
             CASE WHEN is_plain THEN from_account WHEN is_amlworld THEN aml.amlworld_account(from_account)
                  ELSE aml.trimmed(from_account) END AS from_account_id,
             CASE WHEN is_plain THEN to_account WHEN is_amlworld THEN aml.amlworld_account(to_account)
                  ELSE aml.trimmed(to_account) END AS to_account_id,
             CASE WHEN is_plain THEN amount::numeric ELSE aml.try_numeric(aml.trimmed(amount)) END AS amount,
             CASE WHEN currency IS NULL THEN $3 WHEN is_plain THEN currency WHEN is_amlworld THEN aml.amlworld_currency(currency)
                  ELSE upper(aml.trimmed(currency)) END AS currency_code,
             CASE WHEN is_plain THEN coalesce(type, 'TRANSFER') ELSE coalesce(nullif(aml.trimmed(type), ''), 'TRANSFER') END AS type,
             is_amlworld
      FROM bronze.transfers
      CROSS JOIN (SELECT format = 'amlworld' AS is_amlworld FROM aml.ingested_files WHERE file_id = $1) AS file
      CROSS JOIN LATERAL (SELECT $7::bigint[] IS NOT NULL AND ($7 = '{}' OR NOT line = ANY ($7)) AS is_plain) AS values
      WHERE file_id = $1
      OFFSET 0  -- a fence: each value is converted once, however many checks look at it
    ) AS plain
    LEFT JOIN silver.currencies currency USING (currency_code)
    LEFT JOIN LATERAL (
      SELECT known.rate
      FROM silver.fx_rates known
      WHERE plain.currency_code <> $3 AND known.currency_code = plain.currency_code
        AND known.rate_date <= (plain.booked_at AT TIME ZONE 'UTC')::date
      ORDER BY known.rate_date DESC
      LIMIT 1
    ) AS fx ON true
    OFFSET 0
  ) AS typed
),
loaded AS (
  INSERT INTO silver.transfers
    (transfer_id, booked_at, from_account_id, to_account_id, amount, currency_code, amount_base, type, file_id, line)
  SELECT transfer_id, booked_at, from_account_id, to_account_id, round(amount, currency_exponent), currency_code, amount_base,
         type, $1, line
  FROM checked
  WHERE broken IS NULL OR broken[1] > $6::integer
  ORDER BY line  -- of two good rows with one id the first wins
  ON CONFLICT (transfer_id) DO NOTHING
  RETURNING line
),
quarantined AS (
  INSERT INTO quarantine.rows (file_id, line, dataset, reasons, row_values)
  SELECT $1, line, 'transfers',
         ARRAY(SELECT ($5::text[])[number] FROM unnest(broken) AS number WHERE number <= $6),
         (SELECT to_jsonb(bronze) - 'file_id' - 'line' FROM bronze.transfers bronze
          WHERE bronze.file_id = $1 AND bronze.line = checked.line)
  FROM checked
  WHERE broken[1] <= $6
  RETURNING line, reasons
)
SELECT 'loaded' AS what, '' AS name, (SELECT count(*) FROM loaded) AS rows, NULL::bigint AS first_line, NULL::bigint[] AS sample_lines,
       NULL::text[] AS sample_keys, NULL::text AS observed, NULL::text AS expected
UNION ALL
SELECT 'repeated', '', count(*) - (SELECT count(*) FROM loaded), NULL, NULL, NULL, NULL, NULL FROM checked WHERE broken IS NULL OR broken[1] > $6
UNION ALL
SELECT 'quarantined', reason, count(*), min(line), NULL, NULL, NULL, NULL FROM quarantined, unnest(reasons) AS reason GROUP BY reason
UNION ALL
SELECT 'broken', ($5::text[])[number], count(*), min(line), (array_agg(line ORDER BY line))[1:5],
       (array_agg(transfer_id ORDER BY line))[1:5], NULL, NULL
FROM checked, unnest(broken) AS number
WHERE broken IS NOT NULL GROUP BY number
