-- How long the past is kept, and how a person's data are erased from it. docs/operations.md and docs/versions.md tell how it is used,
-- docs/decisions/0012-retention-and-erasure.md why it is made so.

-- Which program wrote a version; its connections say so, psql does not.
ALTER TABLE aml.versions ADD COLUMN program_version text;
ALTER TABLE aml.versions ALTER COLUMN program_version SET DEFAULT nullif(current_setting('aml.program_version', true), '');
COMMENT ON COLUMN aml.versions.program_version IS 'Version of aml that wrote it; null if psql did, or an aml that did not say so yet.';

-- Retention.

INSERT INTO aml.properties VALUES ('retention_years', '5') ON CONFLICT DO NOTHING;
CREATE FUNCTION aml.retention_years() RETURNS integer LANGUAGE sql STABLE AS $$
  SELECT value::integer FROM aml.properties WHERE property = 'retention_years'
$$;
COMMENT ON FUNCTION aml.retention_years() IS 'For how many years the law asks that data are kept: retention_years in aml.properties, 5 unless the bank''s law asks for more (Directive (EU) 2015/849 article 40, 31 CFR 1010.430).';

CREATE TABLE aml.prunings (
  version        bigint PRIMARY KEY REFERENCES aml.versions,
  keep_years     integer NOT NULL CHECK (keep_years > 0),
  oldest_version bigint NOT NULL,
  override       text CHECK (override <> '')
);
COMMENT ON TABLE aml.prunings IS 'Each time that old versions were dropped. What went, in rows by table: operation_metrics of the version in aml.version_history.';
COMMENT ON COLUMN aml.prunings.version IS 'The version PRUNE that it made.';
COMMENT ON COLUMN aml.prunings.keep_years IS 'Years that were asked to be kept.';
COMMENT ON COLUMN aml.prunings.oldest_version IS 'The oldest version that can be read since.';
COMMENT ON COLUMN aml.prunings.override IS 'Why less was kept than aml.retention_years(); null if it was not less.';
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON aml.prunings
  FOR EACH STATEMENT EXECUTE FUNCTION aml.refuse_to_change_log();

CREATE FUNCTION aml.oldest_version() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT coalesce(max(oldest_version), 0) FROM aml.prunings
$$;
COMMENT ON FUNCTION aml.oldest_version() IS 'The oldest version that can still be read.';

CREATE OR REPLACE FUNCTION aml.require_version(version bigint) RETURNS bigint LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  oldest bigint := aml.oldest_version();
  newest bigint := aml.newest_version();
BEGIN
  IF version BETWEEN oldest AND newest THEN
    RETURN version;
  END IF;
  IF version BETWEEN 0 AND oldest THEN
    RAISE EXCEPTION 'version % was dropped: the oldest that can be read is %', version, oldest
      USING ERRCODE = 'invalid_parameter_value', HINT = 'aml.prunings says when and by which retention.';
  END IF;
  RAISE EXCEPTION 'version % is not among those that this statement sees, % to %', coalesce(version::text, 'null'), oldest, newest
    USING ERRCODE = 'invalid_parameter_value', HINT = 'If it was committed just now, ask again.';
END
$$;

CREATE FUNCTION aml.count_pruned(pruned text, rows bigint) RETURNS void LANGUAGE sql AS $$
  INSERT INTO aml.version_tables (version, table_name, inserted, updated, deleted)
  SELECT aml.this_version(), pruned, 0, 0, rows WHERE rows > 0
$$;
COMMENT ON FUNCTION aml.count_pruned IS 'Notes in the log of the version at work how many rows of a table were dropped.';

-- What stands in silver and gold stays, however old: it is the present.
CREATE FUNCTION aml.prune(keep_years integer, override text DEFAULT NULL) RETURNS TABLE (table_name text, dropped bigint) LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  moment constant timestamptz := now() - make_interval(years => keep_years);
  reason constant text := CASE WHEN keep_years < aml.retention_years() THEN nullif(override, '') END;
  pinned constant bigint := (SELECT min(p) FROM aml.pinned_versions() AS p);
  horizon bigint := (SELECT max(v.version) FROM aml.versions v WHERE v.committed_at <= moment);
  begun bigint;
  removal record;
BEGIN
  IF keep_years IS NULL OR keep_years < 1 THEN
    RAISE EXCEPTION 'at least one year is kept, not %', coalesce(keep_years::text, 'null') USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF keep_years < aml.retention_years() AND reason IS NULL THEN
    RAISE EXCEPTION 'the law asks to keep data for % years, not %', aml.retention_years(), keep_years
      USING ERRCODE = 'invalid_parameter_value', HINT = 'If somebody answerable decided so, say why: --override-duty TEXT';
  END IF;
  horizon := least(horizon, pinned);
  IF horizon IS NULL OR horizon <= aml.oldest_version() THEN
    RETURN;
  END IF;
  begun := aml.begin_version('PRUNE', jsonb_strip_nulls(jsonb_build_object(
    'keep_years', keep_years, 'oldest_version', horizon, 'pinned_version', CASE WHEN horizon = pinned THEN pinned END, 'override', reason)));
  INSERT INTO aml.prunings VALUES (begun, keep_years, horizon, reason);

  FOR removal IN
    SELECT format('history.%I', t.tablename) AS pruned, 'valid_until <= $1' AS condition
    FROM pg_tables t WHERE t.schemaname = 'history'
    UNION ALL
    -- Children before what they refer to.
    SELECT pruned, 'file_id IN (SELECT file_id FROM aml.ingested_files WHERE version <= $1)'
    FROM unnest(ARRAY['bronze.transfers', 'bronze.accounts', 'bronze.parties', 'bronze.fx_rates', 'bronze.unreadable_lines',
                      'quarantine.fixes', 'quarantine.replays', 'quarantine.rows']) AS pruned
    UNION ALL
    SELECT 'aml.runs', 'purpose = ''backtest'' AND started_at <= (SELECT committed_at FROM aml.versions WHERE version = $1)'
  LOOP
    EXECUTE format('DELETE FROM %s WHERE %s', removal.pruned, removal.condition) USING horizon;
    GET DIAGNOSTICS dropped = ROW_COUNT;
    PERFORM aml.count_pruned(removal.pruned, dropped);
    IF dropped > 0 THEN
      table_name := removal.pruned;
      RETURN NEXT;
    END IF;
  END LOOP;
  UPDATE aml.expectation_results SET sample_keys = '{}'
  WHERE sample_keys <> '{}' AND file_id IN (SELECT file_id FROM aml.ingested_files WHERE version <= horizon);
END
$$;
COMMENT ON FUNCTION aml.prune IS 'Drops what is only needed to read versions older than so many years: their rows in history, bronze and quarantine rows of files loaded until then, backtests. A version of its own; nothing if nothing is that old. Rows dropped by table.';

CREATE OR REPLACE VIEW aml.version_history AS
SELECT v.version, v.committed_at, v.user_name, v.operation, v.operation_parameters,
       coalesce((SELECT jsonb_object_agg(t.table_name, jsonb_build_object('inserted', t.inserted, 'updated', t.updated, 'deleted', t.deleted))
                 FROM aml.version_tables t WHERE t.version = v.version), '{}') AS operation_metrics,
       v.read_version,
       (SELECT r.run_id FROM aml.runs r WHERE r.version = v.version) AS run_id,
       ARRAY(SELECT f.file_id FROM aml.ingested_files f WHERE f.version = v.version ORDER BY f.file_id) AS file_ids,
       v.client, v.program_version, v.version >= (SELECT aml.oldest_version()) AS is_readable
FROM aml.versions v;
COMMENT ON COLUMN aml.version_history.is_readable IS 'False if it was dropped: see aml.prunings.';

-- Reading a version: rows that stood about equally long lie together in what each version adds to the history, so what stood at a version
-- fills whole pages; and the index keeps finer spans apart than before.

CREATE OR REPLACE FUNCTION aml.keep_replaced() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  replaced_rows bigint;
BEGIN
  EXECUTE format('INSERT INTO history.%I (%2$s, valid_until)
                  SELECT %2$s, $1 FROM replaced WHERE valid_from < $1 ORDER BY valid_from DESC',
                 TG_TABLE_SCHEMA || '_' || TG_TABLE_NAME, TG_ARGV[0])
    USING aml.this_version();
  SELECT count(*) INTO replaced_rows FROM replaced;
  INSERT INTO aml.version_tables AS known (version, table_name, inserted, updated, deleted)
  SELECT aml.this_version(), format('%s.%s', TG_TABLE_SCHEMA, TG_TABLE_NAME), 0,
         CASE TG_OP WHEN 'UPDATE' THEN replaced_rows ELSE 0 END, CASE TG_OP WHEN 'DELETE' THEN replaced_rows ELSE 0 END
  WHERE replaced_rows > 0
  ON CONFLICT (version, table_name) DO UPDATE
    SET updated = known.updated + excluded.updated, deleted = known.deleted + excluded.deleted;
  RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION aml.keep_history(versioned regclass) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  table_schema text;
  table_name text;
  history_name text;
  columns text;
  no_values text;
  key_columns text;
  past text;
  added record;
  -- Rows that stood for about as many versions lie together in the index, in the order in which they ended. So the rows of one version are
  -- a few ranges of it, wherever the version lies, and none reaches further than rows of its span can have ended after that version.
  -- Narrower groups read less that did not stand at the version; each is one more branch to plan.
  spans constant bigint[] := '{4,16,64,256,1024,4096,65536,1048576,16777216}';
  span constant text := format('width_bucket(valid_until - valid_from, %L::bigint[])', spans);
BEGIN
  SELECT n.nspname, c.relname, n.nspname || '_' || c.relname INTO table_schema, table_name, history_name
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = versioned;

  EXECUTE format('ALTER TABLE %s ADD COLUMN IF NOT EXISTS valid_from bigint NOT NULL DEFAULT 0', versioned);
  EXECUTE format('ALTER TABLE %s ALTER COLUMN valid_from SET DEFAULT aml.this_version()', versioned);
  EXECUTE format('COMMENT ON COLUMN %s.valid_from IS %L', versioned, 'Version that wrote the row, see aml.versions.');
  EXECUTE format('CREATE TABLE IF NOT EXISTS history.%I (valid_until bigint NOT NULL)', history_name);
  EXECUTE format('COMMENT ON TABLE history.%I IS %L', history_name,
                 format('Rows of %s.%s that were replaced or deleted: they stood from version valid_from until before valid_until.',
                        table_schema, table_name));

  -- A column that is new to the history had, in the rows there, what it has in the rows that were not written since.
  FOR added IN
    SELECT a.attname, format_type(a.atttypid, a.atttypmod) AS type,
           CASE WHEN a.atthasmissing THEN (a.attmissingval::text::text[])[1] END AS missing
    FROM pg_attribute a
    WHERE a.attrelid = versioned AND a.attnum > 0 AND NOT a.attisdropped
      AND NOT EXISTS (SELECT FROM pg_attribute h WHERE h.attrelid = format('history.%I', history_name)::regclass
                      AND h.attname = a.attname AND NOT h.attisdropped)
    ORDER BY a.attnum
  LOOP
    EXECUTE format('ALTER TABLE history.%I ADD COLUMN %I %s DEFAULT %L', history_name, added.attname, added.type, added.missing);
    EXECUTE format('ALTER TABLE history.%I ALTER COLUMN %I DROP DEFAULT', history_name, added.attname);
  END LOOP;

  SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum),
         string_agg(format('NULL::%s', format_type(atttypid, atttypmod)), ', ' ORDER BY attnum)
  INTO columns, no_values
  FROM pg_attribute WHERE attrelid = versioned AND attnum > 0 AND NOT attisdropped;
  SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY k.position) INTO key_columns
  FROM pg_index i
  CROSS JOIN unnest(i.indkey) WITH ORDINALITY AS k (attnum, position)
  JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
  WHERE i.indrelid = versioned AND i.indisprimary;

  -- One index finds the rows of a version, the other the past of one row.
  EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON history.%I (%s, valid_until, valid_from)', history_name || '_version', history_name, span);
  EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON history.%I (%s, valid_until)', history_name || '_key', history_name, key_columns);

  EXECUTE format('CREATE OR REPLACE TRIGGER require_begun_version BEFORE INSERT OR UPDATE OR DELETE ON %s
                  FOR EACH STATEMENT EXECUTE FUNCTION aml.require_begun_version()', versioned);
  EXECUTE format('CREATE OR REPLACE TRIGGER refuse_truncate BEFORE TRUNCATE ON %s
                  FOR EACH STATEMENT EXECUTE FUNCTION aml.refuse_truncate()', versioned);
  EXECUTE format('CREATE OR REPLACE TRIGGER refuse_other_version AFTER INSERT OR UPDATE ON %s
                  FOR EACH ROW WHEN (NEW.valid_from IS DISTINCT FROM aml.this_version())
                  EXECUTE FUNCTION aml.refuse_other_version()', versioned);
  EXECUTE format('CREATE OR REPLACE TRIGGER count_inserted AFTER INSERT ON %s REFERENCING NEW TABLE AS written
                  FOR EACH STATEMENT EXECUTE FUNCTION aml.count_change()', versioned);
  EXECUTE format('CREATE OR REPLACE TRIGGER keep_updated AFTER UPDATE ON %s REFERENCING OLD TABLE AS replaced
                  FOR EACH STATEMENT EXECUTE FUNCTION aml.keep_replaced(%L)', versioned, columns);
  EXECUTE format('CREATE OR REPLACE TRIGGER keep_deleted AFTER DELETE ON %s REFERENCING OLD TABLE AS replaced
                  FOR EACH STATEMENT EXECUTE FUNCTION aml.keep_replaced(%L)', versioned, columns);

  SELECT string_agg(format('UNION ALL SELECT %s FROM history.%I
                            WHERE %s = %s AND valid_from <= $1 AND valid_until > $1%s',
                           columns, history_name, span, n, ' AND valid_until < $1 + ' || spans[n + 1]), ' ' ORDER BY n)
  INTO past
  FROM generate_series(0, cardinality(spans)) AS n;
  -- Plain SQL that the planner inlines, so that a condition reaches the indexes. The first part gives no row: it asks require_version(),
  -- once, and also if no row is looked at.
  EXECUTE format($function$
    CREATE OR REPLACE FUNCTION %1$I.%2$I(version bigint) RETURNS SETOF %1$I.%3$I LANGUAGE sql STABLE PARALLEL SAFE AS $body$
      SELECT %6$s WHERE (SELECT aml.require_version($1)) IS NULL
      UNION ALL
      SELECT %4$s FROM %1$I.%3$I WHERE valid_from <= $1
      %5$s
    $body$ $function$, table_schema, table_name || '_as_of', table_name, columns, past, no_values);
  EXECUTE format('COMMENT ON FUNCTION %I.%I(bigint) IS %L', table_schema, table_name || '_as_of',
                 format('The rows of %s.%s as they were at a version; see aml.version_history, aml.version_at().', table_schema, table_name));
END
$$;

DO $$
DECLARE
  versioned record;
  history_name text;
BEGIN
  FOR versioned IN SELECT * FROM aml.versioned_tables LOOP
    history_name := replace(versioned.table_name, '.', '_');
    EXECUTE format('DROP INDEX history.%I', history_name || '_version');
    PERFORM aml.keep_history(versioned.table_id);
    EXECUTE format('CLUSTER history.%I USING %I', history_name, history_name || '_version');
    EXECUTE format('ANALYZE history.%I', history_name);
  END LOOP;
END $$;

-- Erasure: the data of a person go from everywhere, its transfers and alerts stay under a pseudonym.

-- What each column that can hold words holds of a person. What this table does not name, such as a column that a load added, counts as 'personal'.
CREATE TABLE aml.personal_columns (
  table_name  text NOT NULL,
  column_name text NOT NULL,
  holds       text NOT NULL CHECK (holds IN ('nothing', 'account', 'party', 'entity', 'keys', 'personal', 'row', 'raw', 'words')),
  PRIMARY KEY (table_name, column_name)
);
COMMENT ON TABLE aml.personal_columns IS 'What columns of text, JSON, bytes and days hold of a person: what an erasure does to them. history.* as the table whose past it is.';
COMMENT ON COLUMN aml.personal_columns.holds IS
  'account, party: the key of one, which becomes its pseudonym. entity: either, as subject_kind or entity_kind says. keys: a list of keys. personal: a fact about the one that the row names by key, taken away. row: its whole row goes. raw: input as it came, taken away if it names the one by key or in words. words: text for people; names and keys in it are replaced. nothing: no person.';

INSERT INTO aml.personal_columns (table_name, column_name, holds)
SELECT table_name, unnest(columns::text[]), holds
FROM (VALUES
  ('bronze.transfers', 'account', '{from_account,to_account}'),
  ('bronze.transfers', 'raw', '{rescued}'),
  ('bronze.transfers', 'nothing', '{transfer_id,booked_at,amount,currency,type}'),
  ('bronze.accounts', 'account', '{account_id}'),
  ('bronze.accounts', 'party', '{party_id}'),
  ('bronze.accounts', 'personal', '{country,opened_on}'),
  ('bronze.accounts', 'raw', '{rescued}'),
  ('bronze.accounts', 'nothing', '{kind,currency}'),
  ('bronze.parties', 'party', '{party_id}'),
  ('bronze.parties', 'personal', '{name,country,address,email,phone}'),
  ('bronze.parties', 'raw', '{rescued}'),
  ('bronze.parties', 'nothing', '{kind,base_risk}'),
  ('bronze.fx_rates', 'nothing', '{currency,rate_date,rate}'),
  ('bronze.fx_rates', 'raw', '{rescued}'),
  ('bronze.unreadable_lines', 'raw', '{raw}'),
  ('bronze.unreadable_lines', 'nothing', '{dataset}'),
  ('bronze.unreadable_lines', 'words', '{reason}'),
  ('quarantine.rows', 'raw', '{row_values,raw}'),
  ('quarantine.rows', 'words', '{drop_reason}'),
  ('quarantine.rows', 'nothing', '{dataset,reasons,state,closed_by}'),
  ('quarantine.fixes', 'raw', '{fixed_values}'),
  ('quarantine.fixes', 'nothing', '{dataset,fixed_by}'),
  ('quarantine.replays', 'nothing', '{dataset}'),
  ('silver.currencies', 'nothing', '{currency_code}'),
  ('silver.fx_rates', 'nothing', '{currency_code,rate_date}'),
  ('silver.parties', 'party', '{party_id}'),
  ('silver.parties', 'personal', '{name,country}'),
  ('silver.parties', 'nothing', '{kind}'),
  ('silver.party_attributes', 'party', '{party_id}'),
  ('silver.party_attributes', 'row', '{value,normalised_value}'),
  ('silver.party_attributes', 'nothing', '{kind}'),
  ('silver.accounts', 'account', '{account_id}'),
  ('silver.accounts', 'party', '{party_id}'),
  ('silver.accounts', 'personal', '{country,opened_on}'),
  ('silver.accounts', 'nothing', '{kind,currency_code}'),
  ('silver.transfers', 'account', '{from_account_id,to_account_id}'),
  ('silver.transfers', 'nothing', '{transfer_id,currency_code,type}'),
  ('gold.typologies', 'nothing', '{typology,title,description,reference}'),
  ('gold.alerts', 'entity', '{subject}'),
  ('gold.alerts', 'words', '{explanation,evidence}'),
  ('gold.alerts', 'nothing', '{alert_id,scenario,typology,subject_kind,severity,currency,model}'),
  ('gold.alert_transfers', 'nothing', '{alert_id,transfer_id,role}'),
  ('gold.alert_entities', 'entity', '{entity_id}'),
  ('gold.alert_entities', 'nothing', '{alert_id,entity_kind,role}'),
  ('gold.alert_evidence', 'words', '{observed,threshold,sentence}'),
  ('gold.alert_evidence', 'nothing', '{alert_id,feature}'),
  ('gold.scores', 'entity', '{entity_id}'),
  ('gold.scores', 'nothing', '{scenario,entity_kind,measure,model}'),
  ('gold.scenario_runs', 'nothing', '{scenario,title,typology}'),
  ('gold.run_results', 'nothing', '{scenario,model}'),
  ('gold.run_alerts', 'nothing', '{alert_id,severity}'),
  ('gold.account_features', 'account', '{account_id}'),
  ('backtest.results', 'nothing', '{scenario,title,typology,definition,model}'),
  ('backtest.findings', 'entity', '{subject}'),
  ('backtest.findings', 'words', '{explanation}'),
  ('backtest.findings', 'nothing', '{alert_id,scenario,subject_kind,severity,currency}'),
  ('backtest.finding_transfers', 'nothing', '{alert_id,transfer_id,role}'),
  ('backtest.finding_entities', 'entity', '{entity_id}'),
  ('backtest.finding_entities', 'nothing', '{alert_id,entity_kind,role}'),
  ('backtest.finding_evidence', 'words', '{observed,threshold,sentence}'),
  ('backtest.finding_evidence', 'nothing', '{alert_id,feature}'),
  ('aml.added_columns', 'nothing', '{dataset,source_name,column_name,type}'),
  ('aml.control_totals', 'nothing', '{total}'),
  ('aml.evaluations', 'words', '{labels}'),
  ('aml.evaluations', 'nothing', '{labels_sha256,typology,level}'),
  ('aml.expectation_results', 'keys', '{sample_keys}'),
  ('aml.expectation_results', 'words', '{observed}'),
  ('aml.expectation_results', 'nothing', '{dataset,expectation,policy,expected}'),
  ('aml.file_schemas', 'nothing', '{dataset,format,columns,types,columns_sha256}'),
  ('aml.ingested_files', 'words', '{path}'),
  ('aml.ingested_files', 'nothing', '{sha256,dataset,format,operation,kind,position_from,position_to}'),
  ('aml.model_aliases', 'words', '{reason}'),
  ('aml.model_aliases', 'nothing', '{model,alias}'),
  ('aml.model_baseline_bins', 'nothing', '{model,feature}'),
  ('aml.model_drift', 'nothing', '{scenario,model,feature,level}'),
  ('aml.model_transitions', 'words', '{reason}'),
  ('aml.model_transitions', 'nothing', '{model,alias,from_stage,to_stage,changed_by}'),
  ('aml.model_versions', 'words', '{stage_reason}'),
  ('aml.model_versions', 'nothing', '{model,stage,signature,artifact,artifact_sha256,created_by}'),
  ('aml.models', 'nothing', '{model,created_by}'),
  ('aml.properties', 'nothing', '{property,value}'),
  ('aml.prunings', 'words', '{override}'),
  ('aml.run_steps', 'words', '{notes,parameters}'),
  ('aml.run_steps', 'nothing', '{name,scenario,outcome}'),
  ('aml.runs', 'words', '{error,overrides}'),
  ('aml.runs', 'nothing', '{status,program_version,started_by,scenarios,snapshot,purpose}'),
  ('aml.scenario_versions', 'words', '{definition}'),
  ('aml.scenario_versions', 'nothing', '{scenario,sha256,title,typology,detector}'),
  ('aml.schema_migrations', 'nothing', '{name,sha256,program_version}'),
  ('aml.training_metrics', 'nothing', '{metric}'),
  ('aml.training_runs', 'words', '{source,parameters,error}'),
  ('aml.training_runs', 'nothing', '{experiment,status,started_by,program_version,snapshot,data_sha256}'),
  ('aml.version_tables', 'nothing', '{table_name}'),
  ('aml.versions', 'words', '{operation_parameters}'),
  ('aml.versions', 'nothing', '{user_name,operation,client,program_version}'),
  ('aml.access_plan', 'nothing', '{role,kind,schema_name,names,privileges,columns}'),
  ('aml.shares', 'nothing', '{share,created_by,dropped_by}'),
  ('aml.share_tables', 'words', '{condition}'),
  ('aml.share_tables', 'nothing', '{share,table_name,columns}'),
  ('aml.share_versions', 'nothing', '{share,approved_by}'),
  ('aml.share_grants', 'nothing', '{share,recipient,granted_by,revoked_by}'),
  ('aml.share_reads', 'nothing', '{reader,share,table_name,application_name}'),
  ('aml.source_positions', 'nothing', '{source,part,position}'),
  ('aml.source_gaps', 'nothing', '{source,part,lost_from,lost_to,accepted_by}'),
  ('aml.personal_columns', 'nothing', '{table_name,column_name,holds}'),
  ('aml.erasure_secret', 'nothing', '{secret}'),
  ('aml.erasures', 'nothing', '{erased_by,reference,reason,override}'),
  ('aml.erased_keys', 'nothing', '{kind,key_hash,pseudonym}'),
  ('aml.erased_rows', 'nothing', '{table_name,digest}')
) AS classified (table_name, holds, columns);

-- What an erasure leaves: the proof, and not the data.

CREATE TABLE aml.erasure_secret (
  is_the_one boolean PRIMARY KEY DEFAULT true CHECK (is_the_one),
  secret     bytea NOT NULL CHECK (length(secret) = 32)
);
COMMENT ON TABLE aml.erasure_secret IS 'The secret of aml.keyed_hash(), made by the first erasure. Whoever has it can test whether a key that he guesses was erased. A bank may keep it elsewhere: without it nobody can, and erased data that come again are not recognised.';

CREATE TABLE aml.erasures (
  version   bigint PRIMARY KEY REFERENCES aml.versions,
  erased_by text NOT NULL DEFAULT session_user,
  reference text NOT NULL CHECK (reference <> ''),
  reason    text NOT NULL CHECK (reason <> ''),
  override  text CHECK (override <> '')
);
COMMENT ON TABLE aml.erasures IS 'Who erased a person''s data, when (aml.versions), why, and by which request.';
COMMENT ON COLUMN aml.erasures.version IS 'The version ERASE that it made.';
COMMENT ON COLUMN aml.erasures.reference IS 'The case in which the request is kept, with who asked.';
COMMENT ON COLUMN aml.erasures.override IS 'Why it was done though the law asks to keep the data still; null if it did not.';

CREATE TABLE aml.erased_keys (
  kind      text NOT NULL CHECK (kind IN ('account', 'party')),
  key_hash  bytea NOT NULL,
  pseudonym text NOT NULL UNIQUE,
  version   bigint NOT NULL REFERENCES aml.erasures,
  PRIMARY KEY (kind, key_hash)
);
COMMENT ON TABLE aml.erased_keys IS 'The accounts and parties whose data were erased. New data about them are refused while they stand here; delete the row of one that becomes a customer again.';
COMMENT ON COLUMN aml.erased_keys.key_hash IS 'aml.keyed_hash() of kind and key.';
COMMENT ON COLUMN aml.erased_keys.pseudonym IS 'What stands in the place of the key, at random, in all tables and all versions.';

CREATE TABLE aml.erased_rows (
  version    bigint NOT NULL REFERENCES aml.erasures,
  table_name text NOT NULL,
  rows       bigint NOT NULL,
  digest     bytea NOT NULL,
  PRIMARY KEY (version, table_name)
);
COMMENT ON TABLE aml.erased_rows IS 'What an erasure changed or took away.';
COMMENT ON COLUMN aml.erased_rows.digest IS 'aml.keyed_hash() of the rows as they were: it shows whether rows of a backup are those that were erased.';

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON aml.erasures
  FOR EACH STATEMENT EXECUTE FUNCTION aml.refuse_to_change_log();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON aml.erased_rows
  FOR EACH STATEMENT EXECUTE FUNCTION aml.refuse_to_change_log();

-- Account numbers are few enough to try them all: a plain hash would hide nothing.
CREATE FUNCTION aml.keyed_hash(message bytea) RETURNS bytea LANGUAGE sql STABLE AS $$
  SELECT sha256(secret || sha256(secret || message)) FROM aml.erasure_secret
$$;
COMMENT ON FUNCTION aml.keyed_hash IS 'SHA-256 over the secret and SHA-256 over the secret and the message; null without the secret.';

CREATE FUNCTION aml.key_hash(kind text, key text) RETURNS bytea LANGUAGE sql STABLE AS $$
  SELECT aml.keyed_hash(convert_to(kind || ':' || key, 'UTF8'))
$$;
COMMENT ON FUNCTION aml.key_hash IS 'What aml.erased_keys has of an account or party.';

-- Whoever brings it: a file, a replay, a table, psql. An erased key stands nowhere, so it comes as a new row.
CREATE FUNCTION aml.refuse_erased() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  erased record;
BEGIN
  IF NOT EXISTS (SELECT FROM aml.erased_keys) THEN
    RETURN NULL;
  END IF;
  SELECT e.kind, e.pseudonym, e.version, w.line INTO erased
  FROM written w
  JOIN aml.erased_keys e ON e.kind = TG_ARGV[0] AND e.key_hash = aml.key_hash(e.kind, to_jsonb(w) ->> TG_ARGV[1])
  ORDER BY w.line LIMIT 1;
  IF erased.version IS NOT NULL THEN
    RAISE EXCEPTION 'line % names the % whose data were erased as %', erased.line, erased.kind, erased.pseudonym
      USING ERRCODE = 'restrict_violation',
            HINT = format('Whoever sent it must leave it out: see aml.erasures, version %s. Of a customer who came back delete the row in aml.erased_keys.', erased.version);
  END IF;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION aml.refuse_erased() IS 'Trigger: data of those that were erased do not come back.';
CREATE TRIGGER refuse_erased AFTER INSERT ON silver.accounts REFERENCING NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION aml.refuse_erased('account', 'account_id');
CREATE TRIGGER refuse_erased AFTER INSERT ON silver.parties REFERENCING NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION aml.refuse_erased('party', 'party_id');

-- A party's key changes in several tables, one after the other.
ALTER TABLE silver.accounts ALTER CONSTRAINT accounts_party_id_fkey DEFERRABLE;
ALTER TABLE silver.party_attributes ALTER CONSTRAINT party_attributes_party_id_fkey DEFERRABLE;

-- The log is never changed but for words that an erasure takes out of it, and that is in the log.
CREATE FUNCTION aml.refuse_to_change_version_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF to_jsonb(NEW) - 'operation_parameters' = to_jsonb(OLD) - 'operation_parameters'
     AND EXISTS (SELECT FROM aml.versions WHERE version = aml.this_version() AND operation = 'ERASE') AND aml.is_at_work(aml.this_version()) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'aml.versions is append-only: UPDATE is refused' USING ERRCODE = 'restrict_violation';
END
$$;
COMMENT ON FUNCTION aml.refuse_to_change_version_log() IS 'Trigger of aml.versions: an erasure changes operation_parameters, nobody anything else.';
CREATE OR REPLACE TRIGGER keep_rows BEFORE UPDATE ON aml.versions
  FOR EACH ROW WHEN (OLD.committed_at IS NOT NULL) EXECUTE FUNCTION aml.refuse_to_change_version_log();

-- Keys as files write them.
CREATE FUNCTION aml.pseudonym(pseudonyms jsonb, key text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(pseudonyms ->> aml.trimmed(key), pseudonyms ->> aml.amlworld_account(key))
$$;
COMMENT ON FUNCTION aml.pseudonym IS 'What stands for a key as it came in a file; null if it is none of them. pseudonyms: {key: pseudonym}.';

CREATE FUNCTION aml.names_subject(came jsonb, accounts jsonb, parties jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(aml.pseudonym(accounts, came ->> 'account_id'), aml.pseudonym(accounts, came ->> 'from_account'),
                  aml.pseudonym(accounts, came ->> 'to_account'), aml.pseudonym(parties, came ->> 'party_id')) IS NOT NULL
$$;
COMMENT ON FUNCTION aml.names_subject IS 'Whether a row as it came names one of the accounts or parties.';

CREATE FUNCTION aml.words_pattern(words text[]) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT '(?i)(?<![[:alnum:]])(?:' || string_agg(regexp_replace(form, '([].^$*+?(){}|\\[])', '\\\1', 'g'), '|' ORDER BY length(form) DESC, form)
         || ')(?![[:alnum:]])'
  FROM (SELECT DISTINCT unnest(ARRAY[word, trim('"' FROM to_jsonb(word)::text), encode(convert_to(word, 'UTF8'), 'escape')]) AS form
        FROM unnest(words) AS word) AS forms
$$;
COMMENT ON FUNCTION aml.words_pattern IS 'A regular expression for any of the words, standing alone: as text, in JSON, or among bytes in PostgreSQL''s escape format. Null if there is none.';

CREATE FUNCTION aml.without_words(value text, replacements jsonb) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  word record;
BEGIN
  FOR word IN SELECT w.key, w.value AS replacement FROM jsonb_each_text(replacements) AS w ORDER BY length(w.key) DESC, w.key LOOP
    value := regexp_replace(value, aml.words_pattern(ARRAY[word.key]), word.replacement, 'g');
  END LOOP;
  RETURN value;
END
$$;
CREATE FUNCTION aml.without_words(value text[], replacements jsonb) RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
  SELECT ARRAY(SELECT aml.without_words(element, replacements) FROM unnest(value) WITH ORDINALITY AS e (element, n) ORDER BY n)
$$;
CREATE FUNCTION aml.without_words(value jsonb, replacements jsonb) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN CASE jsonb_typeof(value)
    WHEN 'string' THEN to_jsonb(aml.without_words(value #>> '{}', replacements))
    WHEN 'array' THEN (SELECT coalesce(jsonb_agg(aml.without_words(element, replacements) ORDER BY n), '[]')
                       FROM jsonb_array_elements(value) WITH ORDINALITY AS e (element, n))
    WHEN 'object' THEN (SELECT coalesce(jsonb_object_agg(aml.without_words(member.key, replacements), aml.without_words(member.value, replacements)), '{}')
                        FROM jsonb_each(value) AS member)
    ELSE value END;
END
$$;
COMMENT ON FUNCTION aml.without_words(text, jsonb) IS 'The text with each word replaced: {word: replacement}. The longer words first.';
COMMENT ON FUNCTION aml.without_words(text[], jsonb) IS 'The same for each text.';
COMMENT ON FUNCTION aml.without_words(jsonb, jsonb) IS 'The same for each string and name in it.';

CREATE FUNCTION aml.words_of(account_keys text[], party_keys text[]) RETURNS TABLE (word text, kind text) LANGUAGE sql STABLE AS $$
  SELECT DISTINCT aml.trimmed(said.word), said.kind
  FROM (
    SELECT unnest(account_keys), 'account'
    UNION ALL SELECT unnest(party_keys), 'party'
    UNION ALL SELECT name, 'name' FROM silver.parties WHERE party_id = ANY (party_keys)
    UNION ALL SELECT name, 'name' FROM history.silver_parties WHERE party_id = ANY (party_keys)
    UNION ALL SELECT unnest(ARRAY[value, normalised_value]), a.kind FROM silver.party_attributes a WHERE party_id = ANY (party_keys)
    UNION ALL SELECT unnest(ARRAY[value, normalised_value]), a.kind FROM history.silver_party_attributes a WHERE party_id = ANY (party_keys)
    UNION ALL SELECT unnest(ARRAY[name, address, email, phone]), unnest(ARRAY['name', 'address', 'email', 'phone'])
              FROM bronze.parties WHERE aml.trimmed(party_id) = ANY (party_keys)
    UNION ALL SELECT came.value, came.key
              FROM quarantine.rows, jsonb_each_text(row_values) AS came
              WHERE dataset = 'parties' AND came.key IN ('name', 'address', 'email', 'phone') AND aml.trimmed(row_values ->> 'party_id') = ANY (party_keys)
  ) AS said (word, kind)
  WHERE aml.trimmed(said.word) <> ''
$$;
COMMENT ON FUNCTION aml.words_of IS 'What accounts and parties are called: their keys, names, addresses, e-mails and phones, of all versions.';

CREATE FUNCTION aml.subject_of_erasure(subject_kind text, subject text) RETURNS TABLE (kind text, key text) LANGUAGE sql STABLE AS $$
  WITH owned AS (
    SELECT account_id, party_id FROM silver.accounts
    UNION ALL
    (SELECT DISTINCT ON (account_id) account_id, party_id FROM history.silver_accounts past
     WHERE NOT EXISTS (SELECT FROM silver.accounts a WHERE a.account_id = past.account_id)
     ORDER BY account_id, valid_until DESC)
  )
  SELECT subject_kind, subject
  UNION
  SELECT 'account', account_id FROM owned WHERE subject_kind = 'party' AND party_id = subject
  UNION
  -- A party that only stands for the account.
  SELECT 'party', p.party_id
  FROM owned o
  JOIN silver.parties p ON p.party_id = o.party_id AND p.is_derived
  WHERE subject_kind = 'account' AND o.account_id = subject
    AND NOT EXISTS (SELECT FROM owned other WHERE other.party_id = o.party_id AND other.account_id <> subject)
$$;
COMMENT ON FUNCTION aml.subject_of_erasure IS 'Whose data go: a party with its accounts; an account, with the party if no file named that.';

CREATE FUNCTION aml.kept_by_law_until(account_keys text[], party_keys text[]) RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT greatest(
    (SELECT max(booked_at) FROM silver.transfers WHERE from_account_id = ANY (account_keys) OR to_account_id = ANY (account_keys)),
    (SELECT max(run.started_at)
     FROM gold.alert_entities entity
     JOIN gold.alerts alert USING (alert_id)
     JOIN aml.runs run ON run.run_id = alert.last_run_id
     WHERE entity_id = ANY (CASE entity_kind WHEN 'account' THEN account_keys ELSE party_keys END))
  ) + make_interval(years => aml.retention_years())
$$;
COMMENT ON FUNCTION aml.kept_by_law_until IS 'aml.retention_years() after the newest transfer of the accounts and the newest run that found an alert with one of them or of the parties; null if there is neither.';

-- One statement finds what is to go, one takes it away: the conditions are the same text.
CREATE FUNCTION aml.erase_table(erased regclass, classified text, accounts jsonb, parties jsonb, words jsonb, alerts text[], OUT rows bigint, OUT digest bytea, OUT is_deleted boolean)
LANGUAGE plpgsql SET client_min_messages = warning AS $$
DECLARE
  is_bronze constant boolean := classified LIKE 'bronze.%';
  is_scoped constant boolean := EXISTS (SELECT FROM pg_attribute WHERE attrelid = erased AND attname = 'alert_id');
  kind_column constant text := (SELECT attname FROM pg_attribute WHERE attrelid = erased AND attname IN ('subject_kind', 'entity_kind'));
  -- A short word, such as account 12, is looked for only where the alert is known to be about it.
  long_words constant jsonb := coalesce((SELECT jsonb_object_agg(w.key, w.value) FROM jsonb_each(words) AS w WHERE length(w.key) >= 4), '{}');
  replaced constant jsonb := (SELECT jsonb_object_agg(w.key, w.value -> 'is') FROM jsonb_each(CASE WHEN is_scoped THEN words ELSE long_words END) AS w);
  pattern constant text := (SELECT aml.words_pattern(array_agg(w)) FROM jsonb_object_keys(replaced) AS w);
  -- Others live at the same address.
  raw_pattern constant text := (SELECT aml.words_pattern(array_agg(w.key)) FROM jsonb_each(long_words) AS w WHERE w.value ->> 'kind' <> 'address');
  named text;
  condition text;
  assignments text;
BEGIN
  CREATE TEMPORARY TABLE IF NOT EXISTS erased_columns (name text, type text, is_required boolean, holds text, pseudonym text, is_found text) ON COMMIT DROP;
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
    WHEN 'raw' THEN CASE type WHEN 'bytea' THEN format('encode(%s, ''escape'') ~ $5', name)
                              ELSE format('(%s OR %s::text ~ $5 OR aml.names_subject(%2$s, $1, $2))', named, name) END END;

  SELECT concat_ws(' OR ', named, string_agg(is_found, ' OR ')), bool_or(holds = 'row'),
         string_agg(format(CASE
           WHEN pseudonym IS NOT NULL THEN '%1$s = coalesce(%2$s, %1$s)'
           WHEN holds = 'keys' THEN '%1$s = ARRAY(SELECT coalesce(($1 || $2) ->> k, k) FROM unnest(%1$s) WITH ORDINALITY AS e (k, n) ORDER BY n)'
           WHEN holds = 'words' THEN '%1$s = CASE WHEN %3$s THEN aml.without_words(%1$s, $3) ELSE %1$s END'
           WHEN holds = 'raw' THEN '%1$s = CASE WHEN %3$s THEN %4$s ELSE %1$s END'
           ELSE '%1$s = CASE WHEN %5$s THEN %4$s ELSE %1$s END' END,
           name, pseudonym, is_found, CASE WHEN NOT is_required THEN 'NULL' WHEN type IN ('jsonb', 'text[]') THEN '''{}''' ELSE '''''' END, named), ', ')
         FILTER (WHERE holds <> 'nothing')
  INTO condition, is_deleted, assignments
  FROM erased_columns;

  EXECUTE format('SELECT count(*), aml.keyed_hash(string_agg(row_hash, '''' ORDER BY row_hash))
                  FROM (SELECT sha256(convert_to(erased_row::text, ''UTF8'')) AS row_hash FROM %s AS erased_row WHERE %s) AS hashed', erased, condition)
  INTO rows, digest USING accounts, parties, replaced, pattern, raw_pattern, alerts;
  IF rows > 0 THEN
    EXECUTE format(CASE WHEN is_deleted THEN 'DELETE FROM %s WHERE %s' ELSE 'UPDATE %s SET %3$s WHERE %2$s' END, erased, condition, assignments)
    USING accounts, parties, replaced, pattern, raw_pattern, alerts;
  END IF;
END
$$;
COMMENT ON FUNCTION aml.erase_table IS 'Takes a subject out of one table, as aml.personal_columns says of it under the name "classified"; in place, so the versions of the rows stay. Rows that were changed or deleted, and their keyed hash as they were. words: {word: {"is": replacement, "kind": kind}}.';

CREATE FUNCTION aml.begin_erasure(kind text, key text, reference text, reason text, override text, OUT version bigint, OUT accounts jsonb, OUT parties jsonb)
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
  SELECT coalesce(jsonb_object_agg(k, e.pseudonym), '{}') INTO accounts
  FROM unnest(account_keys) AS k JOIN aml.erased_keys e ON e.kind = 'account' AND e.key_hash = aml.key_hash('account', k);
  SELECT coalesce(jsonb_object_agg(k, e.pseudonym), '{}') INTO parties
  FROM unnest(party_keys) AS k JOIN aml.erased_keys e ON e.kind = 'party' AND e.key_hash = aml.key_hash('party', k);
END
$$;
COMMENT ON FUNCTION aml.begin_erasure IS 'Checks that the law lets the data go, begins the version and gives pseudonyms: {key: pseudonym}.';

CREATE FUNCTION aml.erase(kind text, key text, reference text, reason text, override text DEFAULT NULL) RETURNS TABLE (table_name text, erased bigint)
LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  erasure record;
  words jsonb;
  alerts text[];
  target record;
  done record;
  guarded regclass[];
  total bigint := 0;
BEGIN
  IF kind NOT IN ('account', 'party') OR coalesce(key, '') = '' OR coalesce(aml.trimmed(reference), '') = '' OR coalesce(aml.trimmed(reason), '') = '' THEN
    RAISE EXCEPTION 'an erasure names an account or a party, a reference and a reason' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  SELECT * INTO erasure FROM aml.begin_erasure(kind, key, reference, reason, override);
  SELECT jsonb_object_agg(w.word, jsonb_build_object('kind', w.kind, 'is', coalesce(
           CASE w.kind WHEN 'account' THEN erasure.accounts ->> w.word WHEN 'party' THEN erasure.parties ->> w.word END, 'erased')) ORDER BY w.kind DESC)
  INTO words
  FROM aml.words_of(ARRAY(SELECT jsonb_object_keys(erasure.accounts)), ARRAY(SELECT jsonb_object_keys(erasure.parties))) w;
  alerts := ARRAY(SELECT alert_id FROM (
      SELECT alert_id, entity_kind AS kind, entity_id AS id FROM aml.finding_entities
      UNION ALL SELECT alert_id, entity_kind, entity_id FROM history.gold_alert_entities
      UNION ALL SELECT alert_id, subject_kind, subject FROM gold.alerts
      UNION ALL SELECT alert_id, subject_kind, subject FROM history.gold_alerts
      UNION ALL SELECT alert_id, subject_kind, subject FROM backtest.findings) AS named
    WHERE CASE named.kind WHEN 'account' THEN erasure.accounts ? id ELSE erasure.parties ? id END);

  -- In place, which the triggers would refuse: what they keep is what has to go. The log has a guard of its own.
  guarded := ARRAY(SELECT DISTINCT t.tgrelid::regclass FROM pg_trigger t
                   WHERE NOT t.tgisinternal AND t.tgrelid <> 'aml.versions'::regclass
                     AND EXISTS (SELECT FROM aml.personal_columns c WHERE to_regclass(c.table_name) = t.tgrelid AND c.holds <> 'nothing'));
  FOR n IN 1 .. cardinality(guarded) LOOP
    EXECUTE format('ALTER TABLE %s DISABLE TRIGGER USER', guarded[n]);
  END LOOP;
  SET CONSTRAINTS silver.accounts_party_id_fkey, silver.party_attributes_party_id_fkey DEFERRED;
  FOR target IN
    SELECT DISTINCT c.table_name AS classified, place.place
    FROM aml.personal_columns c,
         LATERAL (VALUES (c.table_name), ('history.' || replace(c.table_name, '.', '_'))) AS place (place)
    WHERE c.holds <> 'nothing' AND to_regclass(place.place) IS NOT NULL
    ORDER BY place.place
  LOOP
    done := aml.erase_table(target.place::regclass, target.classified, erasure.accounts, erasure.parties, words, alerts);
    CONTINUE WHEN done.rows = 0;
    INSERT INTO aml.erased_rows VALUES (erasure.version, target.place, done.rows, done.digest);
    INSERT INTO aml.version_tables
    VALUES (erasure.version, target.place, 0, CASE WHEN done.is_deleted THEN 0 ELSE done.rows END, CASE WHEN done.is_deleted THEN done.rows ELSE 0 END);
    table_name := target.place;
    erased := done.rows;
    total := total + done.rows;
    RETURN NEXT;
  END LOOP;
  IF total = 0 THEN
    RAISE EXCEPTION 'nothing names % %', kind, key USING ERRCODE = 'no_data_found';
  END IF;
  -- Nobody can replay what is not there.
  UPDATE quarantine.fixes f SET fixed_values = '{}'
  FROM quarantine.rows r WHERE r.row_values IS NULL AND r.raw IS NULL AND (r.file_id, r.line, r.dataset) = (f.file_id, f.line, f.dataset) AND fixed_values <> '{}';
  UPDATE quarantine.rows SET state = 'dropped', closed_at = now(), closed_by = session_user, drop_reason = 'erased, version ' || erasure.version
  WHERE state = 'open' AND row_values IS NULL AND raw IS NULL;
  SET CONSTRAINTS silver.accounts_party_id_fkey, silver.party_attributes_party_id_fkey IMMEDIATE;
  FOR n IN 1 .. cardinality(guarded) LOOP
    EXECUTE format('ALTER TABLE %s ENABLE TRIGGER USER', guarded[n]);
  END LOOP;
END
$$;
COMMENT ON FUNCTION aml.erase IS 'Takes the data of a party and its accounts, or of an account, out of all tables and all versions, under a pseudonym. A version of its own; aml.erasures keeps the proof. Rows changed or deleted by table.';

-- Who sees what of it. To prune and to erase is the owner's; the engine refuses who was erased, with the secret.
INSERT INTO aml.access_plan (role, kind, schema_name, names, privileges) VALUES
  ('aml_engine', 'table', 'aml', '{source_positions,source_rows,source_gaps}', '{INSERT}'),
  ('aml_engine', 'table', 'aml', '{source_positions,source_rows}', '{UPDATE,DELETE}'),
  ('aml_analyst', 'table', 'aml', '{prunings}', '{SELECT}'),
  ('aml_analyst', 'function', 'aml', '{oldest_version}', '{EXECUTE}'),
  ('aml_auditor', 'table', 'aml', '{source_positions,source_gaps,prunings,erasures,erased_rows,personal_columns}', '{SELECT}'),
  ('aml_auditor', 'function', 'aml', '{oldest_version,retention_years}', '{EXECUTE}');
