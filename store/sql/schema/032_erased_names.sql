-- Rows that name somebody whose data were erased come in under the pseudonym (store/erased_keys.hpp), and an erasure replaces what is meant and
-- nothing else: docs/decisions/0012-retention-and-erasure.md.

-- What comes again.

ALTER TABLE aml.ingested_files ADD COLUMN rows_of_erased bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN aml.ingested_files.rows_of_erased IS 'Rows that name somebody whose data were erased. They came in under the pseudonym, without facts about that one, and count as loaded or quarantined, too.';
COMMENT ON TABLE aml.erased_keys IS 'The accounts and parties whose data were erased. While they stand here, new rows that name them come in under their pseudonym; delete the row of one that becomes a customer again.';

-- A pseudonym in a file of AMLworld's has no bank.
CREATE OR REPLACE FUNCTION aml.amlworld_account(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE
    WHEN value LIKE 'erased-%' THEN value
    WHEN aml.trimmed(split_part(value, ':', 1)) = '' OR aml.trimmed(split_part(value, ':', 2)) = '' THEN ''
    ELSE coalesce(nullif(ltrim(aml.trimmed(split_part(value, ':', 1)), '0'), ''), '0') || ':' || aml.trimmed(substr(value, strpos(value, ':') + 1))
  END
$$;

-- What a load brings has the pseudonyms already. This is for what is written by hand, in psql and by aml quarantine fix. A party that is derived
-- from an account is nobody, though one that was erased may have had the same key. A load brings many rows, and many may be erased: each key is
-- hashed once and looked up, and not held against each of the erased.
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
COMMENT ON FUNCTION aml.refuse_erased() IS 'Trigger: keys of those that were erased are not written by hand. Its arguments: kind and column, in turn; of quarantine.rows what stands in row_values, of quarantine.fixes in fixed_values.';
CREATE TRIGGER refuse_erased AFTER INSERT ON quarantine.fixes REFERENCING NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION aml.refuse_erased('account', 'account_id', 'account', 'from_account', 'account', 'to_account', 'party', 'party_id');

-- A row that came without a key can be about somebody who was erased, as its fix says.
CREATE FUNCTION quarantine.without_facts_of_erased(texts jsonb, of_table text) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT CASE
    WHEN EXISTS (SELECT FROM aml.erased_keys erased JOIN aml.personal_columns c ON c.table_name = of_table AND c.holds = erased.kind
                 WHERE erased.pseudonym = aml.trimmed(texts ->> c.column_name))
    THEN texts - ARRAY(SELECT column_name FROM aml.personal_columns WHERE table_name = of_table AND holds IN ('personal', 'raw'))
    ELSE texts END
$$;
COMMENT ON FUNCTION quarantine.without_facts_of_erased IS 'A row of a table of bronze by column, without its facts and unknown columns if it has the pseudonym of somebody who was erased.';

-- What an erasure replaces.

ALTER TABLE aml.personal_columns DROP CONSTRAINT personal_columns_holds_check;
ALTER TABLE aml.personal_columns ADD CONSTRAINT personal_columns_holds_check
  CHECK (holds IN ('nothing', 'account', 'party', 'entity', 'keys', 'personal', 'row', 'raw', 'words', 'settings', 'condition'));
COMMENT ON COLUMN aml.personal_columns.holds IS
  'account, party: the key of one, which becomes its pseudonym. entity: either, as subject_kind or entity_kind says. keys: a list of keys. personal: a fact about the one that the row names by key, taken away. row: its whole row goes. raw: input as it came, taken away if it names the one by key or in words. words: text for people; names and keys in it are replaced. settings: text for programs; what can be one of their words stays. condition: SQL; what its columns are compared with is replaced as in these columns. nothing: no person.';
UPDATE aml.personal_columns SET holds = 'settings'
WHERE (table_name, column_name) IN (('aml.run_steps', 'parameters'), ('aml.runs', 'overrides'), ('aml.scenario_versions', 'definition'), ('aml.training_runs', 'parameters'));
UPDATE aml.personal_columns SET holds = 'condition' WHERE (table_name, column_name) = ('aml.share_tables', 'condition');

CREATE FUNCTION aml.is_unmistakable(word text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT length(word) >= 4 AND word ~ '[0-9@ ]'
$$;
COMMENT ON FUNCTION aml.is_unmistakable IS 'Whether a key or name cannot be a word of a language, natural or not: it has a digit, or is of several words.';

CREATE FUNCTION aml.values_text(value jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT string_agg(found #>> '{}', E'\n') FROM jsonb_path_query(value, 'strict $.**') AS found WHERE jsonb_typeof(found) IN ('string', 'number')
$$;
COMMENT ON FUNCTION aml.values_text IS 'The texts and numbers in a JSON value, without the names of members; null if there is none.';

-- 12.50 does not name account 12, nor total_amount an account that is called "amount".
DROP FUNCTION aml.words_pattern(text[]);
CREATE FUNCTION aml.words_pattern(words text[], in_prose boolean DEFAULT false) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT '(?i)' || CASE WHEN in_prose THEN '(?<![0-9][.,])' ELSE '' END || '(?:' || string_agg(standing_alone, '|') || ')'
         || CASE WHEN in_prose THEN '(?![.,][0-9])' ELSE '' END
  FROM (
    SELECT replace(CASE WHEN is_unmistakable THEN '(?<![[:alnum:]])(?:words)(?![[:alnum:]])' ELSE '(?<![[:alnum:]_])(?:words)(?![[:alnum:]_])' END, 'words',
                   string_agg(regexp_replace(form, '([].^$*+?(){}|\\[])', '\\\1', 'g'), '|' ORDER BY length(form) DESC, form)) AS standing_alone
    FROM (SELECT DISTINCT aml.is_unmistakable(word) AS is_unmistakable,
                 unnest(ARRAY[word, trim('"' FROM to_jsonb(word)::text), encode(convert_to(word, 'UTF8'), 'escape'),
                              encode(convert_to(aml.escaped_for_json(word), 'UTF8'), 'escape')]) AS form
          FROM unnest(words) AS word) AS forms
    GROUP BY is_unmistakable) AS groups
$$;
COMMENT ON FUNCTION aml.words_pattern IS 'A regular expression for any of the words, standing alone: as text, in JSON, or among bytes in PostgreSQL''s escape format, there also as JSON of ASCII; in prose not as a part of a number. Null if there is none.';

CREATE OR REPLACE FUNCTION aml.without_words(value text, replacements jsonb) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  word record;
BEGIN
  FOR word IN SELECT w.key, w.value AS replacement FROM jsonb_each_text(replacements) AS w ORDER BY length(w.key) DESC, w.key LOOP
    value := regexp_replace(value, aml.words_pattern(ARRAY[word.key], true), word.replacement, 'g');
  END LOOP;
  RETURN value;
END
$$;

DROP FUNCTION aml.without_words(jsonb, jsonb);
CREATE FUNCTION aml.without_words(value jsonb, replacements jsonb, of_single_words jsonb DEFAULT NULL) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN CASE jsonb_typeof(value)
    WHEN 'string' THEN to_jsonb(aml.without_words(value #>> '{}', CASE WHEN value #>> '{}' ~ '^[[:alnum:]_]+$' THEN coalesce(of_single_words, replacements)
                                                                       ELSE replacements END))
    WHEN 'array' THEN (SELECT coalesce(jsonb_agg(aml.without_words(element, replacements, of_single_words) ORDER BY n), '[]')
                       FROM jsonb_array_elements(value) WITH ORDINALITY AS e (element, n))
    WHEN 'object' THEN (SELECT coalesce(jsonb_object_agg(member.key, aml.without_words(member.value, replacements, of_single_words)), '{}')
                        FROM jsonb_each(value) AS member)
    ELSE value END;
END
$$;
COMMENT ON FUNCTION aml.without_words(jsonb, jsonb, jsonb) IS 'The same for each string in it, but not for the names of members. of_single_words: what is replaced in strings of one word, if not the same.';

-- What a literal is compared with is the column that is named last before it, as the server writes conditions.
CREATE FUNCTION aml.condition_without_words(condition text, shared_table text, words jsonb) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
  replacements constant jsonb := (SELECT jsonb_object_agg(w.key, w.value -> 'is') FROM jsonb_each(words) AS w);
  long_ones constant jsonb := (SELECT jsonb_object_agg(w.key, w.value -> 'is') FROM jsonb_each(words) AS w WHERE length(w.key) >= 4);
  rest text := condition;
  literal text;
  code text;
  content text;
  named text;
  of_column text;
  holds text;
  done text := '';
BEGIN
  LOOP
    literal := substring(rest FROM $re$'(?:[^']|'')*'$re$);
    EXIT WHEN literal IS NULL;
    code := left(rest, strpos(rest, literal) - 1);
    rest := substr(rest, length(code) + length(literal) + 1);
    content := replace(substr(literal, 2, length(literal) - 2), '''''', '''');
    IF right(code, 1) = 'E' THEN  -- as the server writes backslashes
      code := left(code, -1);
      content := replace(content, '\\', '\');
    END IF;
    SELECT said.word[1] INTO named
    FROM regexp_matches(code, '(?<!::)\m[a-z_][a-z_0-9]*\M', 'g') WITH ORDINALITY AS said (word, n)
    JOIN pg_attribute a ON a.attrelid = to_regclass(format('gold.%I', shared_table)) AND a.attname = said.word[1]
    ORDER BY n DESC LIMIT 1;
    of_column := coalesce(named, of_column);
    holds := coalesce((SELECT min(c.holds) FROM aml.personal_columns c WHERE c.table_name LIKE 'gold.%' AND c.column_name = of_column), 'words');
    done := done || code || quote_literal(CASE holds WHEN 'nothing' THEN content
                                                     WHEN 'words' THEN coalesce(aml.without_words(content, long_ones), content)
                                                     ELSE aml.without_words(content, replacements) END);
  END LOOP;
  RETURN done || rest;
END
$$;
COMMENT ON FUNCTION aml.condition_without_words IS 'The condition of a share with the words replaced in literals that are compared with keys, and the longer ones in those that are compared with text for people. words: {word: {"is": replacement}}.';

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
    WHEN 'raw' THEN CASE type WHEN 'bytea' THEN format('encode(%s, ''escape'') ~ $5', name)
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
