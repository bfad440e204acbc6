-- A load brings many rows, and many may be erased: each key is hashed once and looked up, and not held against each of the erased.
CREATE OR REPLACE FUNCTION aml.refuse_erased() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  known constant bytea := (SELECT secret FROM aml.erasure_secret);
  erased record;
BEGIN
  IF known IS NULL OR NOT EXISTS (SELECT FROM aml.erased_keys) THEN
    RETURN NULL;
  END IF;
  SELECT e.kind, e.pseudonym, w.line INTO erased
  FROM written w
  CROSS JOIN LATERAL (SELECT to_jsonb(w) AS columns) AS whole
  CROSS JOIN LATERAL (SELECT coalesce(columns -> 'row_values', columns -> 'fixed_values', columns) AS said) AS came
  CROSS JOIN generate_series(0, TG_NARGS - 2, 2) AS n
  CROSS JOIN LATERAL (VALUES (aml.trimmed(said ->> TG_ARGV[n + 1])), (aml.amlworld_account(said ->> TG_ARGV[n + 1]))) AS named (key)
  -- As aml.key_hash() does.
  JOIN aml.erased_keys e ON e.kind = TG_ARGV[n] AND e.key_hash = sha256(known || sha256(known || convert_to(TG_ARGV[n] || ':' || named.key, 'UTF8')))
  WHERE named.key <> '' AND (e.kind = 'account' OR columns ->> 'is_derived' IS DISTINCT FROM 'true')
  ORDER BY w.line LIMIT 1;
  IF erased.pseudonym IS NOT NULL THEN
    RAISE EXCEPTION 'line % names the % whose data were erased as %', erased.line, erased.kind, erased.pseudonym
      USING ERRCODE = 'restrict_violation',
            HINT = 'Write the pseudonym instead, and no facts. Of a customer who came back delete the row in aml.erased_keys.';
  END IF;
  RETURN NULL;
END
$$;
