-- $1 file_id, $2 names of the expectations, $3 how many of them, counted from the first, send a row to quarantine (the others warn).
-- The parties of one file, from bronze into silver or quarantine; see split_transfers.sql. What a later file says of a party
-- replaces what an earlier one said, and a row that says nothing new changes nothing. In a file of accounts a party stands on the line of each of its accounts.
WITH checked AS MATERIALIZED (
  SELECT typed.line, typed.party_id, typed.name, typed.kind, typed.country, typed.base_risk,
         CASE WHEN typed.is_of_accounts THEN ROW(typed.name, typed.kind, typed.country, typed.base_risk,
                                                 typed.address, typed.email, typed.phone)::text END AS said,
         NULL::integer[] AS broken
  FROM (
    SELECT line, rescued,
           aml.trimmed(party_id) AS party_id,
           nullif(aml.trimmed(name), '') AS name,
           nullif(aml.trimmed(kind), '') AS kind_text,
           CASE WHEN coalesce(aml.trimmed(kind), '') = '' THEN 'unknown'
                WHEN lower(aml.trimmed(kind)) IN ('person', 'individual', 'i') THEN 'person'
                WHEN lower(aml.trimmed(kind)) IN ('company', 'organization', 'organisation', 'o') THEN 'company'
                WHEN lower(aml.trimmed(kind)) = 'unknown' THEN 'unknown' END AS kind,
           nullif(upper(aml.trimmed(country)), '') AS country,
           nullif(aml.trimmed(base_risk), '') AS base_risk_text,
           aml.try_numeric(aml.trimmed(base_risk)) AS base_risk,
           nullif(aml.trimmed(address), '') AS address,
           nullif(aml.trimmed(email), '') AS email,
           nullif(aml.trimmed(phone), '') AS phone,
           is_of_accounts
    FROM bronze.parties
    CROSS JOIN (SELECT dataset = 'accounts' AS is_of_accounts FROM aml.ingested_files WHERE file_id = $1) AS file
    WHERE file_id = $1
    OFFSET 0
  ) AS typed
),
ranked AS MATERIALIZED (  -- occurrence: of the rows with one key that meet the expectations, the first is loaded
  SELECT *, CASE WHEN broken IS NULL OR broken[1] > $3::integer THEN row_number() OVER same_party END AS occurrence,
         said = first_value(said) OVER same_party AS is_repeat
  FROM checked
  WINDOW same_party AS (PARTITION BY party_id, broken IS NULL OR broken[1] > $3 ORDER BY line)
),
loaded AS (
  INSERT INTO silver.parties AS known (party_id, name, kind, country, base_risk, is_derived, file_id, line)
  SELECT party_id, name, kind, country, coalesce(base_risk, 0), false, $1, line FROM ranked WHERE occurrence = 1
  ON CONFLICT (party_id) DO UPDATE
  SET (name, kind, country, base_risk, is_derived, file_id, line, valid_from) =
      (excluded.name, excluded.kind, excluded.country, excluded.base_risk, false, excluded.file_id, excluded.line, excluded.valid_from)
  WHERE (known.name, known.kind, known.country, known.base_risk, known.is_derived)
        IS DISTINCT FROM (excluded.name, excluded.kind, excluded.country, excluded.base_risk, false)
     OR EXISTS (SELECT FROM aml.added_columns WHERE dataset = 'parties')  -- may differ in these, which the load fills afterwards
     OR NOT EXISTS (SELECT FROM bronze.parties was, bronze.parties says  -- and gave the same attributes
                    WHERE was.file_id = known.file_id AND was.line = known.line
                      AND says.file_id = excluded.file_id AND says.line = excluded.line
                      AND (was.address, was.email, was.phone) IS NOT DISTINCT FROM (says.address, says.email, says.phone))
),
quarantined AS (
  INSERT INTO quarantine.rows (file_id, line, dataset, reasons, row_values)
  SELECT $1, line, 'parties',
         CASE WHEN occurrence > 1 THEN ARRAY['party_id_is_unique']
              ELSE ARRAY(SELECT ($2::text[])[number] FROM unnest(broken) AS number WHERE number <= $3) END,
         (SELECT to_jsonb(bronze) - 'file_id' - 'line' FROM bronze.parties bronze
          WHERE bronze.file_id = $1 AND bronze.line = ranked.line)
  FROM ranked
  WHERE occurrence IS NULL OR occurrence > 1 AND is_repeat IS NOT TRUE
  RETURNING line, reasons
)
SELECT 'loaded' AS what, '' AS name, (SELECT count(*) FROM ranked WHERE occurrence = 1) AS rows, NULL::bigint AS first_line, NULL::bigint[] AS sample_lines,
       NULL::text[] AS sample_keys, NULL::text AS observed, NULL::text AS expected
UNION ALL
SELECT 'quarantined', reason, count(*), min(line), NULL, NULL, NULL, NULL FROM quarantined, unnest(reasons) AS reason GROUP BY reason
UNION ALL
SELECT 'broken', ($2::text[])[number], count(*), min(line), (array_agg(line ORDER BY line))[1:5],
       (array_agg(party_id ORDER BY line))[1:5], NULL, NULL
FROM checked, unnest(broken) AS number
WHERE broken IS NOT NULL GROUP BY number
