-- $1 file_id, $2 names of the expectations, $3 how many of them, counted from the first, send a row to quarantine (the others warn).
-- The accounts of one file, from bronze into silver or quarantine; see split_transfers.sql. What a later file says of an account
-- replaces what an earlier one said, and a row that says nothing new changes nothing; parties that only accounts name are derived.
WITH checked AS MATERIALIZED (
  SELECT typed.line, typed.account_id, typed.party_id, typed.kind, typed.currency_code, typed.country, typed.opened_on,
         NULL::integer[] AS broken
  FROM (
    SELECT plain.*, currency.exponent AS currency_exponent
    FROM (
      SELECT line, rescued,
             id AS account_id,
             coalesce(nullif(aml.trimmed(party_id), ''), id) AS party_id,
             nullif(aml.trimmed(kind), '') AS kind,
             nullif(upper(aml.trimmed(currency)), '') AS currency_code,
             nullif(upper(aml.trimmed(country)), '') AS country,
             nullif(aml.trimmed(opened_on), '') AS opened_on_text,
             aml.try_date(aml.trimmed(opened_on)) AS opened_on
      FROM bronze.accounts
      CROSS JOIN (SELECT format = 'amlworld' AS is_amlworld FROM aml.ingested_files WHERE file_id = $1) AS file
      CROSS JOIN LATERAL (SELECT CASE WHEN is_amlworld THEN aml.amlworld_account(account_id) ELSE aml.trimmed(account_id) END) AS given (id)
      WHERE file_id = $1
      OFFSET 0
    ) AS plain
    LEFT JOIN silver.currencies currency USING (currency_code)
    OFFSET 0
  ) AS typed
),
ranked AS MATERIALIZED (  -- occurrence: of the rows with one key that meet the expectations, the first is loaded
  SELECT *, CASE WHEN broken IS NULL OR broken[1] > $3::integer
                 THEN row_number() OVER (PARTITION BY account_id, broken IS NULL OR broken[1] > $3 ORDER BY line) END AS occurrence
  FROM checked
),
derived AS (
  INSERT INTO silver.parties (party_id, is_derived, file_id, line)
  SELECT party_id, true, $1, min(line) FROM ranked WHERE occurrence = 1 GROUP BY party_id
  ON CONFLICT (party_id) DO NOTHING
),
loaded AS (
  INSERT INTO silver.accounts AS known (account_id, party_id, kind, currency_code, country, opened_on, is_derived, file_id, line)
  SELECT account_id, party_id, kind, currency_code, country, opened_on, false, $1, line FROM ranked WHERE occurrence = 1
  ON CONFLICT (account_id) DO UPDATE
  SET (party_id, kind, currency_code, country, opened_on, is_derived, file_id, line, valid_from) =
      (excluded.party_id, excluded.kind, excluded.currency_code, excluded.country, excluded.opened_on, false,
       excluded.file_id, excluded.line, excluded.valid_from)
  WHERE (known.party_id, known.kind, known.currency_code, known.country, known.opened_on, known.is_derived)
        IS DISTINCT FROM (excluded.party_id, excluded.kind, excluded.currency_code, excluded.country, excluded.opened_on, false)
     OR EXISTS (SELECT FROM aml.added_columns WHERE dataset = 'accounts')  -- may differ in these, which the load fills afterwards
),
quarantined AS (
  INSERT INTO quarantine.rows (file_id, line, dataset, reasons, row_values)
  SELECT $1, line, 'accounts',
         CASE WHEN occurrence > 1 THEN ARRAY['account_id_is_unique']
              ELSE ARRAY(SELECT ($2::text[])[number] FROM unnest(broken) AS number WHERE number <= $3) END,
         (SELECT to_jsonb(bronze) - 'file_id' - 'line' FROM bronze.accounts bronze
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
       (array_agg(account_id ORDER BY line))[1:5], NULL, NULL
FROM checked, unnest(broken) AS number
WHERE broken IS NOT NULL GROUP BY number
