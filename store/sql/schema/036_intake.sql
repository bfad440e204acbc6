-- Parties load faster, a source can gain columns, and an erasure finds more.

-- Normalising what parties gave took half of the time of loading them: docs/loading.md says in words what it does. Now they are expressions that the
-- planner puts into the statement, and of a usual address one regular expression is left. Not one value changes.

CREATE FUNCTION aml.without_accents(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE
    WHEN octet_length(value) = length(value) THEN lower(value)  -- ASCII
    -- Decompose, drop the accents, then lower: so it works whatever the database's locale.
    ELSE replace(replace(replace(replace(replace(
           lower(translate(regexp_replace(normalize(value, NFKD), U&'[\0300-\036F]', '', 'g'), U&'\00D8\00F8\0141\0142\0110\0111\0131', 'OoLlDdi')),
           U&'\00DF', 'ss'), U&'\00E6', 'ae'), U&'\0153', 'oe'), U&'\00C6', 'ae'), U&'\0152', 'oe')
  END
$$;
COMMENT ON FUNCTION aml.without_accents IS 'The text in lower case, and with plain letters for those with accents and for ligatures.';

-- What separates words is a blank first. A run of blanks then becomes two: each is followed by a mark, of which only the last stays.
CREATE FUNCTION aml.words_apart(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT replace(replace(replace(
           ' ' || regexp_replace(replace(replace(replace(replace(value, '.', ''), '''', ''), U&'\2018', ''), U&'\2019', ''),
                                 U&'[\0001-\001F!-\002F\003A-\0040\005B-\0060\007B-\00BF\2000-\206F\3000-\303F]', ' ', 'g') || ' ',
           ' ', E' \x01'), E'\x01 ', ''), E'\x01', ' ')
$$;
COMMENT ON FUNCTION aml.words_apart IS 'The words of a text with two blanks before and behind each. Apostrophes and full stops inside a word vanish (O''Neill, P.O.), other punctuation separates words.';

-- Each word has blanks of its own, so that of two that stand side by side both are found.
CREATE FUNCTION aml.with_short_words(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
         replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
           replace(value, 'strasse ', 'str '),
           ' street ', ' st '), ' str ', ' st '), ' avenue ', ' ave '), ' av ', ' ave '), ' road ', ' rd '), ' drive ', ' dr '), ' lane ', ' ln '),
           ' boulevard ', ' blvd '), ' court ', ' ct '), ' place ', ' pl '), ' square ', ' sq '), ' terrace ', ' ter '), ' highway ', ' hwy '),
           ' parkway ', ' pkwy '), ' circle ', ' cir '), ' crescent ', ' cres '), ' close ', ' cl '), ' gardens ', ' gdns '),
           ' apartment ', ' apt '), ' suite ', ' ste '), ' floor ', ' fl '), ' building ', ' bldg '), ' number ', ' no '),
           ' north ', ' n '), ' south ', ' s '), ' east ', ' e '), ' west ', ' w '), ' saint ', ' st '), ' mount ', ' mt ')
$$;
COMMENT ON FUNCTION aml.with_short_words IS 'A text of aml.words_apart() with usual words of addresses shortened.';

CREATE OR REPLACE FUNCTION aml.normalise_address(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT nullif(btrim(replace(aml.with_short_words(aml.words_apart(aml.without_accents(value))), '  ', ' ')), '')
$$;

CREATE OR REPLACE FUNCTION aml.normalise_phone(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE
    WHEN left(ltrim(value, ' ('), 1) = '+' OR left(ltrim(value, ' ('), 2) = '00'
    THEN nullif('+' || ltrim(regexp_replace(replace(replace(value, '(0)', ''), ' ', ''), '[^0-9]+', '', 'g'), '0'), '+')
    ELSE nullif(regexp_replace(replace(value, ' ', ''), '[^0-9]+', '', 'g'), '')
  END
$$;

-- Which columns a source had, however many batches it gave: rows that it gave under others are known by their keys.
CREATE INDEX ingested_files_source ON aml.ingested_files (path, schema_id, file_id) WHERE kind = 'table';

-- Erasure. JSON can have any character as \uXXXX, and a stroke as \/.
CREATE FUNCTION aml.without_json_escapes(raw bytea) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  said text := encode(raw, 'escape');  -- of each backslash two
  escape record;
BEGIN
  FOR escape IN
    SELECT DISTINCT length(part[1]) AS length, part[1] AS written, part[2] AS sign,
           CASE WHEN part[4] IS NOT NULL THEN 65536 + (('x' || part[3])::bit(16)::integer - 55296) * 1024 + ('x' || part[4])::bit(16)::integer - 56320
                WHEN part[5] IS NOT NULL THEN ('x' || part[5])::bit(16)::integer END AS code
    FROM regexp_matches(said, '(\\\\(?:([/"bfnrt]|\\\\)|u(d[89ab][0-9a-f]{2})\\\\u(d[c-f][0-9a-f]{2})|u([0-9a-f]{4})))', 'gi') AS found (part)
    ORDER BY length DESC
  LOOP
    said := replace(said, escape.written, CASE WHEN escape.sign IN ('/', '"', '\\') THEN escape.sign
                                               WHEN escape.code BETWEEN 32 AND 55295 OR escape.code > 57343 THEN encode(convert_to(chr(escape.code), 'UTF8'), 'escape')
                                               ELSE ' ' END);
  END LOOP;
  RETURN said;
END
$$;
COMMENT ON FUNCTION aml.without_json_escapes IS 'Bytes in the format escape of PostgreSQL, with the characters for which they have an escape of JSON; a blank for what controls a printer or is half a character.';

CREATE OR REPLACE FUNCTION aml.erase_table(erased regclass, classified text, accounts jsonb, parties jsonb, words jsonb, alerts text[], OUT rows bigint, OUT digest bytea, OUT is_deleted boolean)
LANGUAGE plpgsql SET client_min_messages = warning AS $$
DECLARE
  is_bronze constant boolean := classified LIKE 'bronze.%';
  is_scoped constant boolean := EXISTS (SELECT FROM pg_attribute WHERE attrelid = erased AND attname = 'alert_id');
  kind_column constant text := (SELECT attname FROM pg_attribute WHERE attrelid = erased AND attname IN ('subject_kind', 'entity_kind'));
  -- A short word, such as account 12, is looked for only where the alert is known to be about it.
  long_words constant jsonb := coalesce((SELECT jsonb_object_agg(w.key, w.value) FROM jsonb_each(words) AS w WHERE length(w.key) >= 4), '{}');
  replaced constant jsonb := (SELECT jsonb_object_agg(w.key, w.value -> 'is') FROM jsonb_each(CASE WHEN is_scoped THEN words ELSE long_words END) AS w);
  pattern constant text := (SELECT aml.words_pattern(array_agg(w), true) FROM jsonb_object_keys(replaced) AS w);
  -- Where an account called "amount" is hardly meant by the word.
  unmistakable constant jsonb := coalesce((SELECT jsonb_object_agg(w.key, w.value) FROM jsonb_each(replaced) AS w WHERE is_scoped OR aml.is_unmistakable(w.key)), '{}');
  -- Others live at the same address.
  raw_pattern constant text := (SELECT aml.words_pattern(array_agg(w.key)) FROM jsonb_each(long_words) AS w
                                WHERE w.value ->> 'kind' <> 'address' AND (w.value ->> 'kind' NOT IN ('account', 'party') OR aml.is_unmistakable(w.key)));
  named text;
  condition text;
  assignments text;
BEGIN
  CREATE TEMPORARY TABLE IF NOT EXISTS erased_columns (name text, type text, is_required boolean, holds text, pseudonym text, is_found text, without text) ON COMMIT DROP;
  TRUNCATE erased_columns;
  INSERT INTO erased_columns (name, type, is_required, holds)
  SELECT quote_ident(a.attname), format_type(a.atttypid, -1), a.attnotnull,
         coalesce(known.holds,
                  CASE WHEN a.atttypid = ANY ('{text,text[],jsonb,bytea,date}'::regtype[])
                         OR EXISTS (SELECT FROM aml.added_columns d WHERE d.column_name = a.attname AND classified = 'silver.' || d.dataset)
                       THEN 'personal' ELSE 'nothing' END)
  FROM pg_attribute a
  LEFT JOIN aml.personal_columns known ON known.table_name = classified AND known.column_name = a.attname
  WHERE a.attrelid = erased AND a.attnum > 0 AND NOT a.attisdropped;

  UPDATE erased_columns SET pseudonym = CASE holds
    WHEN 'account' THEN format(CASE WHEN is_bronze THEN 'aml.pseudonym($1, %s)' ELSE '$1 ->> %s' END, name)
    WHEN 'party' THEN format(CASE WHEN is_bronze THEN 'aml.pseudonym($2, %s)' ELSE '$2 ->> %s' END, name)
    WHEN 'entity' THEN format('CASE %s WHEN ''account'' THEN $1 ->> %s ELSE $2 ->> %2$s END', kind_column, name) END;
  -- Through an index, where there is one.
  SELECT coalesce(string_agg(CASE WHEN holds = 'entity' OR is_bronze THEN format('(%s) IS NOT NULL', pseudonym)
                                  ELSE format('%s = ANY (ARRAY(SELECT jsonb_object_keys($%s)))', name, CASE holds WHEN 'account' THEN 1 ELSE 2 END) END, ' OR '), 'false')
  INTO named FROM erased_columns WHERE pseudonym IS NOT NULL;
  UPDATE erased_columns SET is_found = CASE holds
    WHEN 'keys' THEN format('%s && ARRAY(SELECT jsonb_object_keys($1 || $2))', name)
    WHEN 'words' THEN format(CASE WHEN is_scoped THEN '(alert_id = ANY ($6) AND %s::text ~ $4)' ELSE '%s::text ~ $4' END, name)
    WHEN 'settings' THEN format('%s::text ~ $4', name)
    WHEN 'condition' THEN 'true'
    WHEN 'raw' THEN CASE type WHEN 'bytea' THEN format('(encode(%1$s, ''escape'') ~ $5 OR position(''\134''::bytea IN %1$s) > 0 AND aml.without_json_escapes(%1$s) ~ $5)', name)
                              ELSE format('(%s OR %s::text ~ $5 AND aml.values_text(%2$s) ~ $5 OR aml.names_subject(%2$s, $1, $2))', named, name) END END,
    without = CASE holds
    WHEN 'words' THEN format(CASE type WHEN 'jsonb' THEN 'aml.without_words(%s, $3, $7)' ELSE 'aml.without_words(%s, $3)' END, name)
    WHEN 'settings' THEN format(CASE type WHEN 'jsonb' THEN 'aml.without_words(%s, $7, $7)' ELSE 'aml.without_words(%s, $7)' END, name)
    WHEN 'condition' THEN format('aml.condition_without_words(%s, table_name, $8)', name) END;
  UPDATE erased_columns SET is_found = format('(%s AND %s IS DISTINCT FROM %s)', is_found, without, name) WHERE without IS NOT NULL;

  SELECT concat_ws(' OR ', named, string_agg(is_found, ' OR ')), bool_or(holds = 'row'),
         string_agg(format(CASE
           WHEN pseudonym IS NOT NULL THEN '%1$s = coalesce(%2$s, %1$s)'
           WHEN holds = 'keys' THEN '%1$s = ARRAY(SELECT coalesce(($1 || $2) ->> k, k) FROM unnest(%1$s) WITH ORDINALITY AS e (k, n) ORDER BY n)'
           WHEN without IS NOT NULL THEN '%1$s = CASE WHEN %3$s THEN %6$s ELSE %1$s END'
           WHEN holds = 'raw' THEN '%1$s = CASE WHEN %3$s THEN %4$s ELSE %1$s END'
           ELSE '%1$s = CASE WHEN %5$s THEN %4$s ELSE %1$s END' END,
           name, pseudonym, is_found, CASE WHEN NOT is_required THEN 'NULL' WHEN type IN ('jsonb', 'text[]') THEN '''{}''' ELSE '''''' END, named, without), ', ')
         FILTER (WHERE holds <> 'nothing')
  INTO condition, is_deleted, assignments
  FROM erased_columns;

  EXECUTE format('SELECT count(*), aml.keyed_hash(string_agg(row_hash, '''' ORDER BY row_hash))
                  FROM (SELECT sha256(convert_to(erased_row::text, ''UTF8'')) AS row_hash FROM %s AS erased_row WHERE %s) AS hashed', erased, condition)
  INTO rows, digest USING accounts, parties, replaced, pattern, raw_pattern, alerts, unmistakable, words;
  IF rows > 0 THEN
    EXECUTE format(CASE WHEN is_deleted THEN 'DELETE FROM %s WHERE %s' ELSE 'UPDATE %s SET %3$s WHERE %2$s' END, erased, condition, assignments)
    USING accounts, parties, replaced, pattern, raw_pattern, alerts, unmistakable, words;
  END IF;
END
$$;

-- Also of rows that are too long to be records: of them bronze has the bytes.
CREATE OR REPLACE FUNCTION aml.hide_source_rows(account_keys text[], party_keys text[]) RETURNS void LANGUAGE sql AS $$
  WITH given AS (
    SELECT unnest(account_keys || party_keys) AS key
    UNION SELECT account_id FROM bronze.accounts WHERE aml.trimmed(account_id) = ANY (account_keys)
    UNION SELECT party_id FROM bronze.parties WHERE aml.trimmed(party_id) = ANY (party_keys)
    UNION SELECT transfer_id FROM bronze.transfers WHERE aml.trimmed(from_account) = ANY (account_keys) OR aml.trimmed(to_account) = ANY (account_keys)
    UNION SELECT transfer_id FROM silver.transfers WHERE from_account_id = ANY (account_keys) OR to_account_id = ANY (account_keys)
    UNION SELECT transfer_id FROM history.silver_transfers WHERE from_account_id = ANY (account_keys) OR to_account_id = ANY (account_keys)
  ),
  hashed AS (
    -- As store/source_mark.cpp makes them of what COPY writes.
    SELECT left(encode(sha256(convert_to(source.path || E'\n' || CASE WHEN key ~ '[",\n\r]' THEN '"' || replace(key, '"', '""') || '"' ELSE key END,
                                         'UTF8')), 'hex'), 32)::uuid AS row_key
    FROM given
    CROSS JOIN (SELECT DISTINCT path FROM aml.ingested_files WHERE kind = 'table') AS source
  )
  UPDATE aml.source_rows known
  SET bucket = 0, row_key = aml.keyed_uuid(known.row_key), content = aml.keyed_uuid(known.content)
  FROM hashed
  WHERE known.row_key = hashed.row_key;

  WITH long_rows AS (
    SELECT file.path, file.dataset, given.columns, line.raw
    FROM bronze.unreadable_lines line
    JOIN aml.ingested_files file USING (file_id)
    JOIN aml.file_schemas given USING (schema_id)
    WHERE file.kind = 'table' AND line.reason = 'line_too_long'
  ),
  hashed AS (
    SELECT left(encode(sha256(convert_to(path || E'\n', 'UTF8') || raw || '\x0a'::bytea), 'hex'), 32)::uuid AS content
    FROM long_rows
    WHERE EXISTS (
      SELECT
      FROM regexp_matches(convert_from(raw, 'UTF8'), '(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))', 'g') WITH ORDINALITY AS value (said, n)
      JOIN aml.personal_columns c ON c.table_name = 'bronze.' || dataset AND c.column_name = lower(btrim(columns[n]))
      WHERE aml.trimmed(coalesce(replace(said[1], '""', '"'), said[2])) = ANY (CASE c.holds WHEN 'account' THEN account_keys WHEN 'party' THEN party_keys END))
  )
  UPDATE aml.source_rows known
  SET bucket = 0, row_key = aml.keyed_uuid(known.row_key), content = aml.keyed_uuid(known.content)
  FROM hashed
  WHERE known.content = hashed.content
$$;

-- An account that transfers named before a file did had a party of its own name until then, which stands in the past.
CREATE OR REPLACE FUNCTION aml.subject_of_erasure(subject_kind text, subject text) RETURNS TABLE (kind text, key text) LANGUAGE sql STABLE AS $$
  WITH owned AS (
    SELECT account_id, party_id FROM silver.accounts
    UNION ALL
    (SELECT DISTINCT ON (account_id) account_id, party_id FROM history.silver_accounts past
     WHERE NOT EXISTS (SELECT FROM silver.accounts a WHERE a.account_id = past.account_id)
     ORDER BY account_id, valid_until DESC)
  ),
  named AS (
    SELECT subject_kind AS kind, subject AS key
    UNION
    SELECT 'account', account_id FROM owned WHERE subject_kind = 'party' AND party_id = subject
  )
  SELECT kind, key FROM named
  UNION
  -- A party that only stands for the account.
  SELECT 'party', p.party_id
  FROM owned o
  JOIN silver.parties p ON p.party_id = o.party_id AND p.is_derived
  WHERE subject_kind = 'account' AND o.account_id = subject
    AND NOT EXISTS (SELECT FROM owned other WHERE other.party_id = o.party_id AND other.account_id <> subject)
  UNION
  -- Or stood for it.
  SELECT 'party', past.party_id
  FROM history.silver_parties past
  JOIN named ON named.kind = 'account' AND named.key = past.party_id
  WHERE past.is_derived
    AND NOT EXISTS (SELECT FROM silver.parties p WHERE p.party_id = past.party_id AND NOT p.is_derived)
    AND NOT EXISTS (SELECT FROM history.silver_parties p WHERE p.party_id = past.party_id AND NOT p.is_derived)
    AND NOT EXISTS (SELECT FROM silver.accounts a WHERE a.party_id = past.party_id AND a.account_id <> past.party_id)
    AND NOT EXISTS (SELECT FROM history.silver_accounts a WHERE a.party_id = past.party_id AND a.account_id <> past.party_id)
$$;
