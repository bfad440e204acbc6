-- Gaps that a review found in what 021 to 027 promise. Advisory lock 5 of class 7103852: what is the oldest version, and what shares show.

-- The log of versions is changed by an erasure, which only the owner can make, and not by who calls a version so.
CREATE OR REPLACE FUNCTION aml.refuse_to_change_version_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF to_jsonb(NEW) - 'operation_parameters' = to_jsonb(OLD) - 'operation_parameters'
     AND EXISTS (SELECT FROM aml.erasures WHERE version = aml.this_version()) AND aml.is_at_work(aml.this_version()) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'aml.versions is append-only: UPDATE is refused' USING ERRCODE = 'restrict_violation';
END
$$;

-- A share whose condition fails on a row, such as a division by zero, could never be read, and the server's words would tell the reader the
-- condition and what stands in a row that is not shared. Rows of a version stay, so what was asked of all of them once is answered for ever.
CREATE FUNCTION aml.try_conditions() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  shared aml.share_tables;
BEGIN
  PERFORM pg_advisory_xact_lock(7103852, 5);  -- see aml.keep_shared_versions(); reading a version that went is an error, too
  FOR shared IN SELECT * FROM aml.share_tables WHERE share = NEW.share LOOP
    BEGIN
      EXECUTE format('SELECT count(*) FROM gold.%I($1) WHERE %s', shared.table_name || '_as_of', shared.condition) USING NEW.version;
    EXCEPTION WHEN data_exception THEN
      RAISE EXCEPTION '%: condition % fails on a row of version %: %', shared.table_name, shared.condition, NEW.version, SQLERRM
        USING ERRCODE = 'invalid_parameter_value', HINT = 'It must be true or false of every row, also of those that are not shared.';
    END;
  END LOOP;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION aml.try_conditions() IS 'Trigger of aml.share_versions: a version is approved only if the conditions of the share can be asked of all its rows.';
CREATE CONSTRAINT TRIGGER try_conditions AFTER INSERT ON aml.share_versions
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION aml.try_conditions();

-- A prune and a share of a version that goes did not see each other if they were at work at the same time. So the later one looks again.
CREATE FUNCTION aml.keep_shared_versions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(7103852, 5);
  IF EXISTS (SELECT FROM aml.pinned_versions() AS pinned WHERE pinned < NEW.oldest_version) THEN
    RAISE EXCEPTION 'a share was made meanwhile of a version that would be dropped' USING ERRCODE = 'restrict_violation', HINT = 'Nothing was dropped: try again.';
  END IF;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION aml.keep_shared_versions() IS 'Trigger of aml.prunings: at the commit no share shows what goes.';
CREATE CONSTRAINT TRIGGER keep_shared_versions AFTER INSERT ON aml.prunings
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION aml.keep_shared_versions();

-- Who is no recipient any more, or another one of the same name, reads no share.
CREATE OR REPLACE FUNCTION aml.is_recipient(of_share text, reader name) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM aml.share_grants g
                 JOIN pg_roles r ON r.rolname = g.recipient
                 JOIN pg_roles recipients ON recipients.rolname = 'aml_recipient'
                 WHERE g.share = of_share AND g.revoked_at IS NULL AND clock_timestamp() < g.granted_until
                   AND pg_has_role(r.oid, recipients.oid, 'MEMBER') AND pg_has_role(reader, r.oid, 'MEMBER'))
$$;

-- A column of files called valid_until became one of silver, which the history has as its own: the load failed, and aml watch ended with it.
CREATE OR REPLACE FUNCTION aml.free_column_name(target regclass, source_name text) RETURNS text LANGUAGE sql STABLE AS $$
  WITH plain AS (
    SELECT left(btrim(regexp_replace(lower(source_name), '[^a-z0-9]+', '_', 'g'), '_'), 50) AS name
  ),
  stem AS (SELECT CASE WHEN name ~ '^[a-z]' THEN name ELSE rtrim('c_' || name, '_') END AS name FROM plain)
  SELECT candidate.name
  FROM stem, LATERAL (
    SELECT CASE number WHEN 1 THEN stem.name ELSE stem.name || '_' || number END AS name, number
    FROM generate_series(1, 200) AS number
  ) AS candidate
  WHERE candidate.name <> 'valid_until' AND NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = target AND attname = candidate.name)
  ORDER BY candidate.number
  LIMIT 1
$$;
COMMENT ON FUNCTION aml.free_column_name IS 'A column name made of a-z, 0-9 and _ that neither the table nor its history has yet.';

-- What is restored is found by hashing, however many rows there are: NOT IN compared each row with all as soon as they did not fit in memory.
CREATE OR REPLACE FUNCTION aml.restore_tables(versioned regclass[], past bigint)
RETURNS TABLE (table_name text, written bigint, deleted bigint) LANGUAGE plpgsql AS $$
DECLARE
  silver constant regclass[] := ARRAY['silver.currencies', 'silver.fx_rates', 'silver.parties', 'silver.party_attributes',
                                      'silver.accounts', 'silver.transfers'];
  chosen constant regclass[] := ARRAY(SELECT t FROM unnest(silver) WITH ORDINALITY AS s (t, n) WHERE t = ANY (versioned) ORDER BY n);
  counts_written bigint[] := '{}';
  affected bigint;
  columns text;
  names text;
  same_key text;
BEGIN
  IF cardinality(chosen) < cardinality(versioned) THEN
    RAISE EXCEPTION 'only tables of silver can be restored' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  PERFORM aml.begin_version('RESTORE', jsonb_build_object('tables', to_jsonb(chosen::text[]), 'to', past));
  FOR n IN 1 .. cardinality(chosen) LOOP
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum), string_agg('known.' || quote_ident(attname), ', ' ORDER BY attnum)
    INTO columns, names
    FROM pg_attribute WHERE attrelid = chosen[n] AND attnum > 0 AND NOT attisdropped AND attname <> 'valid_from';
    SELECT string_agg(format('present.%I = past.%1$I', k), ' AND ') INTO same_key FROM unnest(aml.key_columns(chosen[n])) AS k;
    EXECUTE format(
      'INSERT INTO %1$s AS known (%2$s)
       SELECT %2$s FROM %1$s_as_of($1) past
       WHERE NOT EXISTS (SELECT FROM %1$s present WHERE %3$s AND present.valid_from = past.valid_from)
       ON CONFLICT (%4$s) DO UPDATE SET (%2$s, valid_from) = (%5$s, DEFAULT)
       WHERE ROW(%6$s)::text <> ROW(%5$s)::text',  -- numbers to the last zero
      chosen[n], columns, same_key,
      (SELECT string_agg(quote_ident(k), ', ') FROM unnest(aml.key_columns(chosen[n])) AS k),
      replace(names, 'known.', 'excluded.'), names)
    USING past;
    GET DIAGNOSTICS affected = ROW_COUNT;
    counts_written[n] := affected;
  END LOOP;
  FOR n IN REVERSE cardinality(chosen) .. 1 LOOP
    SELECT string_agg(format('present.%I = past.%1$I', k), ' AND ') INTO same_key FROM unnest(aml.key_columns(chosen[n])) AS k;
    EXECUTE format('DELETE FROM %1$s present WHERE valid_from > $1 AND NOT EXISTS (SELECT FROM %1$s_as_of($1) past WHERE %2$s)',
                   chosen[n], same_key)
    USING past;
    GET DIAGNOSTICS affected = ROW_COUNT;
    table_name := chosen[n]::text;
    written := counts_written[n];
    deleted := affected;
    RETURN NEXT;
  END LOOP;
  -- No foreign key says so.
  IF EXISTS (SELECT FROM silver.transfers t
             WHERE NOT EXISTS (SELECT FROM silver.accounts a WHERE a.account_id = t.from_account_id)
                OR NOT EXISTS (SELECT FROM silver.accounts a WHERE a.account_id = t.to_account_id)) THEN
    RAISE EXCEPTION 'transfers would name accounts that silver.accounts had not at version %', past
      USING ERRCODE = 'foreign_key_violation', HINT = 'Restore silver.transfers and silver.accounts together.';
  END IF;
END
$$;

-- Erasure. A row that goes to quarantine brings data back, too.
CREATE OR REPLACE FUNCTION aml.refuse_erased() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  erased record;
BEGIN
  IF NOT EXISTS (SELECT FROM aml.erased_keys) THEN
    RETURN NULL;
  END IF;
  SELECT e.kind, e.pseudonym, e.version, w.line INTO erased
  FROM written w
  CROSS JOIN LATERAL (SELECT coalesce(to_jsonb(w) -> 'row_values', to_jsonb(w)) AS said) AS came
  CROSS JOIN generate_series(0, TG_NARGS - 2, 2) AS n
  CROSS JOIN LATERAL (VALUES (aml.trimmed(said ->> TG_ARGV[n + 1])), (aml.amlworld_account(said ->> TG_ARGV[n + 1]))) AS named (key)
  JOIN aml.erased_keys e ON e.kind = TG_ARGV[n] AND e.key_hash = aml.key_hash(e.kind, named.key)
  ORDER BY w.line LIMIT 1;
  IF erased.version IS NOT NULL THEN
    RAISE EXCEPTION 'line % names the % whose data were erased as %', erased.line, erased.kind, erased.pseudonym
      USING ERRCODE = 'restrict_violation',
            HINT = format('Whoever sent it must leave it out: see aml.erasures, version %s. Of a customer who came back delete the row in aml.erased_keys.', erased.version);
  END IF;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION aml.refuse_erased() IS 'Trigger: data of those that were erased do not come back. Its arguments: kind and column, in turn; of quarantine.rows what stands in row_values.';
CREATE TRIGGER refuse_erased AFTER INSERT ON quarantine.rows REFERENCING NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION aml.refuse_erased('account', 'account_id', 'account', 'from_account', 'account', 'to_account', 'party', 'party_id');

-- Words as a JSON text has them that is all ASCII: an u with two points is \u00fc there.
CREATE FUNCTION aml.escaped_for_json(word text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT string_agg(CASE WHEN code < 128 THEN letter
                         WHEN code < 65536 THEN '\u' || lpad(to_hex(code), 4, '0')
                         ELSE '\u' || to_hex(55296 + (code - 65536) / 1024) || '\u' || to_hex(56320 + code % 1024) END, '' ORDER BY n)
  FROM regexp_split_to_table(word, '') WITH ORDINALITY AS letters (letter, n), LATERAL (SELECT ascii(letter) AS code) AS of_letter
$$;
COMMENT ON FUNCTION aml.escaped_for_json IS 'The text with everything beyond ASCII as \uXXXX.';

CREATE OR REPLACE FUNCTION aml.words_pattern(words text[]) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT '(?i)(?<![[:alnum:]])(?:' || string_agg(regexp_replace(form, '([].^$*+?(){}|\\[])', '\\\1', 'g'), '|' ORDER BY length(form) DESC, form)
         || ')(?![[:alnum:]])'
  FROM (SELECT DISTINCT unnest(ARRAY[word, trim('"' FROM to_jsonb(word)::text), encode(convert_to(word, 'UTF8'), 'escape'),
                                     encode(convert_to(aml.escaped_for_json(word), 'UTF8'), 'escape')]) AS form
        FROM unnest(words) AS word) AS forms
$$;
COMMENT ON FUNCTION aml.words_pattern IS 'A regular expression for any of the words, standing alone: as text, in JSON, or among bytes in PostgreSQL''s escape format, there also as JSON of ASCII. Null if there is none.';

-- What sources gave is known by plain hashes, which whoever reads them could test against every account number. Of the erased they are hashed
-- again, with the secret: so their rows are still known, and without the secret they are not.
CREATE FUNCTION aml.keyed_uuid(hash uuid) RETURNS uuid LANGUAGE sql STABLE AS $$
  SELECT left(encode(aml.keyed_hash(uuid_send(hash)), 'hex'), 32)::uuid
$$;
COMMENT ON FUNCTION aml.keyed_uuid IS 'Half of aml.keyed_hash() of a hash; null without the secret.';

CREATE FUNCTION aml.hide_source_rows(account_keys text[], party_keys text[]) RETURNS void LANGUAGE sql AS $$
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
  WHERE known.row_key = hashed.row_key
$$;
COMMENT ON FUNCTION aml.hide_source_rows IS 'Hashes the rows of sources that are about accounts and parties, their transfers too, once more, with the secret.';

COMMENT ON TABLE aml.source_rows IS 'Which rows the tables that are sources gave, in their newest content, by hashes.';
COMMENT ON COLUMN aml.source_rows.row_key IS 'Half of the SHA-256 of the source and the key of the row; aml.keyed_uuid() of that if it is about somebody who was erased.';
COMMENT ON COLUMN aml.source_rows.bucket IS 'Hash of the source and the key of the row without its last three characters, which is mostly that of the rows before and after it. 0: the row was remembered before there were buckets, or is about somebody who was erased.';
COMMENT ON COLUMN aml.source_rows.content IS 'The same of the source and the whole row, as the source wrote it.';

CREATE OR REPLACE FUNCTION aml.begin_erasure(kind text, key text, reference text, reason text, override text, OUT version bigint, OUT accounts jsonb, OUT parties jsonb)
LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  account_keys constant text[] := ARRAY(SELECT s.key FROM aml.subject_of_erasure(kind, key) s WHERE s.kind = 'account');
  party_keys constant text[] := ARRAY(SELECT s.key FROM aml.subject_of_erasure(kind, key) s WHERE s.kind = 'party');
  kept_until constant timestamptz := aml.kept_by_law_until(account_keys, party_keys);
  replaced constant jsonb := (SELECT jsonb_object_agg(DISTINCT w.word, 'erased'::text) FROM aml.words_of(account_keys, party_keys) w WHERE length(w.word) >= 4);
BEGIN
  IF kept_until > now() AND coalesce(override, '') = '' THEN
    RAISE EXCEPTION 'the law asks to keep the data of this % until %: % years after its newest transfer or alert', kind, kept_until::date, aml.retention_years()
      USING ERRCODE = 'restrict_violation',
            HINT = 'Answer the request with that date. If somebody answerable decided otherwise, say why: --override-duty TEXT';
  END IF;
  IF NOT EXISTS (SELECT FROM aml.erasure_secret) THEN
    IF EXISTS (SELECT FROM aml.erased_keys) THEN
      RAISE EXCEPTION 'aml.erasure_secret is empty, and what was erased before was hashed with the secret that it had'
        USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Put the secret back first.';
    END IF;
    INSERT INTO aml.erasure_secret (secret) VALUES (sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())));
  END IF;
  -- What was given may name the person, too.
  reason := coalesce(aml.without_words(reason, replaced), reason);
  reference := coalesce(aml.without_words(reference, replaced), reference);
  override := CASE WHEN kept_until > now() THEN coalesce(aml.without_words(override, replaced), override) END;
  version := aml.begin_version('ERASE', jsonb_strip_nulls(jsonb_build_object('kind', kind, 'reference', reference, 'reason', reason, 'override', override)));
  INSERT INTO aml.erasures (version, reference, reason, override) VALUES (version, reference, reason, override);
  INSERT INTO aml.erased_keys (kind, key_hash, pseudonym, version)
  SELECT s.kind, aml.key_hash(s.kind, s.key), 'erased-' || left(replace(gen_random_uuid()::text, '-', ''), 12), version
  FROM aml.subject_of_erasure(kind, key) s
  ON CONFLICT DO NOTHING;
  PERFORM aml.hide_source_rows(account_keys, party_keys);
  SELECT coalesce(jsonb_object_agg(k, e.pseudonym), '{}') INTO accounts
  FROM unnest(account_keys) AS k JOIN aml.erased_keys e ON e.kind = 'account' AND e.key_hash = aml.key_hash('account', k);
  SELECT coalesce(jsonb_object_agg(k, e.pseudonym), '{}') INTO parties
  FROM unnest(party_keys) AS k JOIN aml.erased_keys e ON e.kind = 'party' AND e.key_hash = aml.key_hash('party', k);
END
$$;
