-- Versions: every committed change of silver and gold has a number, and the rows as they were at any of them can be read.
-- docs/versions.md tells how it is used, docs/decisions/0009-versions.md why it is made so.
-- Advisory locks of amlgraph, class 7103852 ('aml'): 1 = run, 2 = migrate, 3 = the version at work, 4 = a commit under way.
CREATE TABLE aml.versions (
  version              bigint PRIMARY KEY CHECK (version >= 0),
  committed_at         timestamptz,
  user_name            text NOT NULL DEFAULT session_user,
  operation            text NOT NULL CHECK (operation ~ '^[A-Z][A-Z ]*$'),
  operation_parameters jsonb NOT NULL,
  read_version         bigint CHECK (read_version < version),
  client               text NOT NULL DEFAULT current_setting('application_name'),
  transaction_id       xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX versions_committed_at ON aml.versions (committed_at);
COMMENT ON TABLE aml.versions IS 'Each committed change of silver and gold, in the order of commits, from 0. Written by aml.begin_version(), never changed; aml.version_history shows it.';
COMMENT ON COLUMN aml.versions.committed_at IS 'Set when it is committed: later than that of the version before, even if the clock was set back. Null only inside the transaction at work.';
COMMENT ON COLUMN aml.versions.operation IS 'INIT, UPGRADE, LOAD, RUN, RESTORE ... or what the writer named.';
COMMENT ON COLUMN aml.versions.operation_parameters IS 'What it was asked to do: the file and its SHA-256, the scenarios and the seed ...';
COMMENT ON COLUMN aml.versions.read_version IS 'The version whose rows it was made from; null for the first.';
COMMENT ON COLUMN aml.versions.client IS 'application_name of the connection.';

CREATE TABLE aml.version_tables (
  version    bigint NOT NULL REFERENCES aml.versions,
  table_name text NOT NULL,
  inserted   bigint NOT NULL,
  updated    bigint NOT NULL,
  deleted    bigint NOT NULL,
  PRIMARY KEY (version, table_name)
);
CREATE INDEX version_tables_table ON aml.version_tables (table_name, version);
COMMENT ON TABLE aml.version_tables IS 'What each version did to each table, in rows; no row where it did nothing. Kept by the triggers of the tables.';

CREATE SCHEMA history;
COMMENT ON SCHEMA history IS 'Rows of silver and gold as they were before they were replaced or deleted: personal data as in silver. Read by the functions ..._as_of(version).';

-- The version at work, for defaults and triggers: plain SQL that the planner inlines. Every table refuses to be written without one first.
CREATE FUNCTION aml.this_version() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT nullif(current_setting('aml.version', true), '')::bigint
$$;
COMMENT ON FUNCTION aml.this_version() IS 'The version that this transaction began; null if it began none.';

CREATE FUNCTION aml.is_at_work(wanted bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM aml.versions
                 WHERE version = wanted AND committed_at IS NULL AND transaction_id = pg_current_xact_id_if_assigned())
$$;
COMMENT ON FUNCTION aml.is_at_work(bigint) IS 'Whether this transaction began the version, and is not about to commit.';

CREATE FUNCTION aml.begin_version(operation text, parameters jsonb DEFAULT '{}', read_version bigint DEFAULT NULL)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  begun bigint := aml.this_version();
BEGIN
  IF aml.is_at_work(begun) THEN
    RETURN begun;
  END IF;
  -- An older view would not see the version before, and make its number a second time.
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'a version cannot begin in a transaction that is %', upper(current_setting('transaction_isolation'))
      USING ERRCODE = 'invalid_transaction_state', HINT = 'Begin the transaction with ISOLATION LEVEL READ COMMITTED.';
  END IF;
  -- Held until the transaction ends: versions are committed in the order of their numbers, whoever writes.
  PERFORM pg_advisory_xact_lock(7103852, 3);
  INSERT INTO aml.versions (version, operation, operation_parameters, read_version)
  SELECT coalesce(max(v.version) + 1, 0), begin_version.operation, parameters, coalesce(begin_version.read_version, max(v.version))
  FROM aml.versions v
  RETURNING version INTO begun;
  PERFORM set_config('aml.version', begun::text, true);
  RETURN begun;
END
$$;
COMMENT ON FUNCTION aml.begin_version(text, jsonb, bigint) IS 'Begins a version, which ends with the transaction; waits until nobody else is at work on one. A second call in one transaction returns the same version.';

CREATE FUNCTION aml.commit_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- From here to the end of the commit nobody can ask which version was the newest: see aml.version_at().
  PERFORM pg_advisory_xact_lock(7103852, 4);
  UPDATE aml.versions
  SET committed_at = greatest(clock_timestamp(),
                              (SELECT max(committed_at) + interval '1 microsecond' FROM aml.versions),
                              (SELECT timestamptz 'epoch' + (last_value + 1) * interval '1 microsecond' FROM aml.asked_until))
  WHERE version = NEW.version;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION aml.commit_version() IS 'Trigger of aml.versions: sets the time of the commit, at the commit.';
CREATE CONSTRAINT TRIGGER commit_version AFTER INSERT ON aml.versions
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION aml.commit_version();

-- The only change of a row is that of aml.commit_version().
CREATE TRIGGER keep_rows BEFORE UPDATE ON aml.versions
  FOR EACH ROW WHEN (OLD.committed_at IS NOT NULL) EXECUTE FUNCTION aml.refuse_to_change_log();
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON aml.versions
  FOR EACH STATEMENT EXECUTE FUNCTION aml.refuse_to_change_log();

CREATE SEQUENCE aml.asked_until MINVALUE 0 START 0;
COMMENT ON SEQUENCE aml.asked_until IS 'The latest moment, in microseconds since 1970, for which aml.version_at() named the newest version: the next is committed after it, even if the clock is set back.';

CREATE FUNCTION aml.newest_version() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT max(version) FROM aml.versions WHERE committed_at IS NOT NULL
$$;
COMMENT ON FUNCTION aml.newest_version() IS 'The newest version that this statement sees.';

-- Analysts ask, who cannot write the sequence: so with the rights of its owner.
CREATE FUNCTION aml.version_at(moment timestamptz) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  found_version bigint;
  newest_at timestamptz;
BEGIN
  IF moment IS NULL OR moment >= clock_timestamp() THEN
    RAISE EXCEPTION 'the version at % is not known: that time is still to come', coalesce(moment::text, 'null')
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'the version at a time cannot be asked in a transaction that is %', upper(current_setting('transaction_isolation'))
      USING ERRCODE = 'invalid_transaction_state', HINT = 'Ask before it begins, and use the number there.';
  END IF;
  -- Waits for a commit under way, so that the answer stays. The lock is given back with the block that took it.
  BEGIN
    PERFORM pg_advisory_xact_lock(7103852, 4);
    SELECT max(version) FILTER (WHERE committed_at <= moment), max(committed_at) INTO found_version, newest_at FROM aml.versions;
    IF moment > newest_at AND NOT current_setting('transaction_read_only')::boolean THEN
      PERFORM setval('aml.asked_until', greatest(last_value, (extract(epoch FROM moment) * 1000000)::bigint)) FROM aml.asked_until;
    END IF;
    RAISE SQLSTATE 'AMLOK';
  EXCEPTION WHEN SQLSTATE 'AMLOK' THEN
    NULL;
  END;
  IF moment > newest_at AND current_setting('transaction_read_only')::boolean THEN
    RAISE EXCEPTION 'a transaction that is read only cannot ask for the version at %, after the newest version', moment
      USING ERRCODE = 'read_only_sql_transaction', HINT = 'Use aml.newest_version().';
  END IF;
  IF found_version IS NULL THEN
    RAISE EXCEPTION 'there was no version at %', moment
      USING ERRCODE = 'invalid_parameter_value',
            HINT = 'The first was committed at ' || (SELECT min(committed_at) FROM aml.versions) || '.';
  END IF;
  RETURN found_version;
END
$$;
COMMENT ON FUNCTION aml.version_at(timestamptz) IS 'The newest version that was committed until then. The answer stays the same for ever.';

-- STABLE, so that it sees what its statement sees: a version committed since then would be answered with less than its rows.
CREATE FUNCTION aml.require_version(version bigint) RETURNS bigint LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  newest bigint := aml.newest_version();
BEGIN
  IF version BETWEEN 0 AND newest THEN
    RETURN version;
  END IF;
  RAISE EXCEPTION 'version % is not among those that this statement sees, 0 to %', coalesce(version::text, 'null'), newest
    USING ERRCODE = 'invalid_parameter_value', HINT = 'If it was committed just now, ask again.';
END
$$;
COMMENT ON FUNCTION aml.require_version(bigint) IS 'The version, if the statement sees it whole; an error otherwise.';

-- Triggers of every table with versions.

CREATE FUNCTION aml.require_begun_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT aml.is_at_work(aml.this_version()) THEN
    RAISE EXCEPTION '%.% keeps its history: no version was begun for this %', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP
      USING ERRCODE = 'restrict_violation',
            HINT = 'In one transaction:  BEGIN;  SELECT aml.begin_version(''FIX'', ''{"why": "..."}'');  then the change;  COMMIT;';
  END IF;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION aml.require_begun_version() IS 'Trigger: nothing is written outside a version.';

CREATE FUNCTION aml.refuse_other_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%.%: a row was written with valid_from %, in version %', TG_TABLE_SCHEMA, TG_TABLE_NAME, NEW.valid_from, aml.this_version()
    USING ERRCODE = 'restrict_violation',
          HINT = CASE TG_OP WHEN 'UPDATE' THEN 'Add to the update:  SET valid_from = DEFAULT' ELSE 'Leave valid_from out.' END;
END
$$;
COMMENT ON FUNCTION aml.refuse_other_version() IS 'Trigger: each row names the version that wrote it.';

CREATE FUNCTION aml.refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%.% keeps its history: TRUNCATE would lose it', TG_TABLE_SCHEMA, TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation', HINT = 'Use DELETE.';
END
$$;
COMMENT ON FUNCTION aml.refuse_truncate() IS 'Trigger: TRUNCATE is refused.';

CREATE FUNCTION aml.count_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO aml.version_tables AS known (version, table_name, inserted, updated, deleted)
  SELECT aml.this_version(), format('%s.%s', TG_TABLE_SCHEMA, TG_TABLE_NAME), count(*), 0, 0 FROM written HAVING count(*) > 0
  ON CONFLICT (version, table_name) DO UPDATE SET inserted = known.inserted + excluded.inserted;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION aml.count_change() IS 'Trigger after INSERT: counts for aml.version_tables.';

-- What a version wrote and replaced itself leaves nothing.
CREATE FUNCTION aml.keep_replaced() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  replaced_rows bigint;
BEGIN
  EXECUTE format('INSERT INTO history.%I (%2$s, valid_until) SELECT %2$s, $1 FROM replaced WHERE valid_from < $1',
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
COMMENT ON FUNCTION aml.keep_replaced() IS 'Trigger after UPDATE or DELETE: rows of earlier versions go to the schema history. Its argument: the columns.';

CREATE FUNCTION aml.keep_history(versioned regclass) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  table_schema text;
  table_name text;
  history_name text;
  columns text;
  key_columns text;
  past text;
  added record;
  -- Rows that stood for about as many versions lie together in the index, in the order in which they ended. So the rows of one version are
  -- a few ranges of it, wherever the version lies, and none reaches further than rows of its span can have ended after that version.
  spans constant bigint[] := '{16,256,4096,65536,1048576}';
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

  SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO columns
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
      SELECT %4$s FROM history.%6$I WHERE (SELECT aml.require_version($1)) IS NULL
      UNION ALL
      SELECT %4$s FROM %1$I.%3$I WHERE valid_from <= $1
      %5$s
    $body$ $function$, table_schema, table_name || '_as_of', table_name, columns, past, history_name);
  EXECUTE format('COMMENT ON FUNCTION %I.%I(bigint) IS %L', table_schema, table_name || '_as_of',
                 format('The rows of %s.%s as they were at a version; see aml.version_history, aml.version_at().', table_schema, table_name));
END
$$;
COMMENT ON FUNCTION aml.keep_history(regclass) IS 'Makes a table keep its history: table_as_of(version) then gives its rows as they were. To be called again whenever its columns have changed. It needs a primary key.';

SELECT aml.begin_version(CASE WHEN EXISTS (SELECT FROM aml.ingested_files) OR EXISTS (SELECT FROM aml.runs)
                                OR EXISTS (SELECT FROM silver.parties) THEN 'UPGRADE' ELSE 'INIT' END);
SELECT aml.keep_history(versioned)
FROM unnest(ARRAY['silver.currencies', 'silver.fx_rates', 'silver.parties', 'silver.party_attributes', 'silver.accounts',
                  'silver.transfers', 'gold.typologies', 'gold.alerts', 'gold.alert_transfers', 'gold.alert_entities',
                  'gold.alert_evidence', 'gold.scores', 'gold.scenario_runs', 'gold.run_results', 'gold.run_alerts',
                  'gold.account_features']::regclass[]) AS versioned;

CREATE FUNCTION gold.current_alerts_as_of(version bigint) RETURNS SETOF gold.current_alerts LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT a.alert_id, a.scenario, s.title, a.version, a.typology, a.subject_kind, a.subject,
         p.party_id AS subject_party_id, p.name AS subject_name, a.score, a.severity, a.amount, a.currency,
         a.first_activity_at, a.last_activity_at,
         (a.first_activity_at AT TIME ZONE 'UTC')::date AS first_activity_date,
         (a.last_activity_at AT TIME ZONE 'UTC')::date AS last_activity_date,
         a.explanation, a.evidence, a.first_run_id, a.last_run_id, a.first_run_id = a.last_run_id AS is_new,
         a.model, a.model_version
  FROM gold.alerts_as_of($1) a
  JOIN gold.scenario_runs_as_of($1) s ON s.scenario = a.scenario AND s.last_run_id = a.last_run_id
  LEFT JOIN silver.accounts_as_of($1) acc ON a.subject_kind = 'account' AND acc.account_id = a.subject
  LEFT JOIN silver.parties_as_of($1) p ON p.party_id = CASE a.subject_kind WHEN 'party' THEN a.subject ELSE acc.party_id END
$$;
COMMENT ON FUNCTION gold.current_alerts_as_of(bigint) IS 'gold.current_alerts as it was at a version.';

-- What a load or a run made, and what a run was made from.
ALTER TABLE aml.ingested_files ADD COLUMN version bigint DEFAULT 0 REFERENCES aml.versions;
ALTER TABLE aml.ingested_files ALTER COLUMN version SET DEFAULT aml.this_version();
ALTER TABLE aml.runs ADD COLUMN version bigint REFERENCES aml.versions;
ALTER TABLE aml.runs ADD COLUMN read_version bigint REFERENCES aml.versions;
-- A run that reads an older version is a backtest, too.
ALTER TABLE aml.runs ADD COLUMN as_of_version bigint REFERENCES aml.versions;
DROP TRIGGER keep_production_runs ON aml.runs;
ALTER TABLE aml.runs DROP COLUMN purpose;
ALTER TABLE aml.runs ADD COLUMN purpose text NOT NULL
  GENERATED ALWAYS AS (CASE WHEN as_of IS NULL AND as_of_version IS NULL AND overrides = '{}' THEN 'production' ELSE 'backtest' END) STORED;
CREATE TRIGGER keep_production_runs BEFORE DELETE ON aml.runs
  FOR EACH ROW WHEN (OLD.purpose = 'production') EXECUTE FUNCTION aml.refuse_to_delete_run();
COMMENT ON COLUMN aml.runs.purpose IS 'production: its findings are in gold. backtest (as_of, as_of_version or overrides are given): its findings are in the schema backtest.';
COMMENT ON COLUMN aml.runs.as_of_version IS 'The version that it was asked to read; null: the newest.';
COMMENT ON COLUMN aml.ingested_files.version IS 'The version that the load made, see aml.versions.';
COMMENT ON COLUMN aml.runs.version IS 'The version of gold that the run made, see aml.versions; null if it wrote none.';
COMMENT ON COLUMN aml.runs.read_version IS 'The version of the data that the run read, see aml.versions.';

CREATE VIEW aml.version_history AS
SELECT v.version, v.committed_at, v.user_name, v.operation, v.operation_parameters,
       coalesce((SELECT jsonb_object_agg(t.table_name, jsonb_build_object('inserted', t.inserted, 'updated', t.updated, 'deleted', t.deleted))
                 FROM aml.version_tables t WHERE t.version = v.version), '{}') AS operation_metrics,
       v.read_version,
       (SELECT r.run_id FROM aml.runs r WHERE r.version = v.version) AS run_id,
       ARRAY(SELECT f.file_id FROM aml.ingested_files f WHERE f.version = v.version ORDER BY f.file_id) AS file_ids,
       v.client
FROM aml.versions v;
COMMENT ON VIEW aml.version_history IS 'The versions as DESCRIBE HISTORY of Delta Lake tells them, one row a version; operation_metrics: rows by table.';

CREATE VIEW aml.unseen_versions AS
SELECT DISTINCT version FROM aml.version_tables
WHERE table_name LIKE 'silver.%'
  AND version > coalesce((SELECT coalesce(read_version, 0) FROM aml.runs
                          WHERE purpose = 'production' AND status IN ('succeeded', 'failed')
                          ORDER BY run_id DESC
                          LIMIT 1), -1);
COMMENT ON VIEW aml.unseen_versions IS 'Versions that changed silver since the one that the newest production run with an outcome read.';

CREATE VIEW aml.versioned_tables AS
SELECT t.tgrelid::regclass AS table_id, format('%s.%s', n.nspname, c.relname) AS table_name
FROM pg_trigger t
JOIN pg_class c ON c.oid = t.tgrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE t.tgname = 'keep_updated' AND t.tgfoid = 'aml.keep_replaced'::regproc;
COMMENT ON VIEW aml.versioned_tables IS 'The tables that keep their history, see aml.keep_history().';

CREATE FUNCTION aml.key_columns(versioned regclass) RETURNS text[] LANGUAGE sql STABLE AS $$
  SELECT array_agg(a.attname::text ORDER BY k.position)
  FROM pg_index i
  CROSS JOIN unnest(i.indkey) WITH ORDINALITY AS k (attnum, position)
  JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
  WHERE i.indrelid = versioned AND i.indisprimary
$$;
COMMENT ON FUNCTION aml.key_columns(regclass) IS 'The columns of the primary key, in its order.';

CREATE FUNCTION aml.diff_table(versioned regclass, earlier bigint, later bigint)
RETURNS TABLE (change text, key jsonb, before jsonb, after jsonb) LANGUAGE plpgsql STABLE AS $$
DECLARE
  key_columns text[] := aml.key_columns(versioned);
  -- A row that no version between wrote names the same version in both.
  rows constant text := format(
    'SELECT coalesce(e.row_values, l.row_values) AS any_values, e.row_values AS e_values, l.row_values AS l_values
     FROM (SELECT %1$s, valid_from, to_jsonb(r) - ''valid_from'' AS row_values FROM %2$s_as_of($1) r) e
     FULL JOIN (SELECT %1$s, valid_from, to_jsonb(r) - ''valid_from'' AS row_values FROM %2$s_as_of($2) r) l USING (%1$s)
     WHERE e.valid_from IS DISTINCT FROM l.valid_from AND e.row_values IS DISTINCT FROM l.row_values',
    (SELECT string_agg(quote_ident(k), ', ') FROM unnest(key_columns) AS k),
    (SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = versioned));
BEGIN
  RETURN QUERY EXECUTE format($query$
    SELECT CASE WHEN e_values IS NULL THEN 'added' WHEN l_values IS NULL THEN 'removed' ELSE 'changed' END,
           (SELECT jsonb_object_agg(k, any_values -> k) FROM unnest($3) AS k),
           CASE WHEN l_values IS NULL THEN e_values - $3
                ELSE (SELECT jsonb_object_agg(name, value) FROM jsonb_each(e_values) AS e (name, value) WHERE value IS DISTINCT FROM l_values -> name) END,
           CASE WHEN e_values IS NULL THEN l_values - $3
                ELSE (SELECT jsonb_object_agg(name, value) FROM jsonb_each(l_values) AS l (name, value) WHERE value IS DISTINCT FROM e_values -> name) END
    FROM (%s) AS changed
    ORDER BY 1, 2 $query$, rows)
  USING earlier, later, key_columns;
END
$$;
COMMENT ON FUNCTION aml.diff_table(regclass, bigint, bigint) IS 'What differs in a table between two versions: rows added, removed and changed, by key; of a changed row the columns that differ.';

-- What a table refers to stands before it.
CREATE FUNCTION aml.restore_tables(versioned regclass[], past bigint)
RETURNS TABLE (table_name text, written bigint, deleted bigint) LANGUAGE plpgsql AS $$
DECLARE
  silver constant regclass[] := ARRAY['silver.currencies', 'silver.fx_rates', 'silver.parties', 'silver.party_attributes',
                                      'silver.accounts', 'silver.transfers'];
  chosen constant regclass[] := ARRAY(SELECT t FROM unnest(silver) WITH ORDINALITY AS s (t, n) WHERE t = ANY (versioned) ORDER BY n);
  counts_written bigint[] := '{}';
  affected bigint;
  columns text;
  keys text;
  names text;
BEGIN
  IF cardinality(chosen) < cardinality(versioned) THEN
    RAISE EXCEPTION 'only tables of silver can be restored' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  PERFORM aml.begin_version('RESTORE', jsonb_build_object('tables', to_jsonb(chosen::text[]), 'to', past));
  FOR n IN 1 .. cardinality(chosen) LOOP
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum), string_agg('known.' || quote_ident(attname), ', ' ORDER BY attnum)
    INTO columns, names
    FROM pg_attribute WHERE attrelid = chosen[n] AND attnum > 0 AND NOT attisdropped AND attname <> 'valid_from';
    SELECT string_agg(quote_ident(k), ', ') INTO keys FROM unnest(aml.key_columns(chosen[n])) AS k;
    EXECUTE format(
      'INSERT INTO %1$s AS known (%2$s)
       SELECT %2$s FROM %1$s_as_of($1) past
       WHERE NOT EXISTS (SELECT FROM %1$s present WHERE (%3$s, present.valid_from) = (%4$s, past.valid_from))
       ON CONFLICT (%5$s) DO UPDATE SET (%2$s, valid_from) = (%6$s, DEFAULT)
       WHERE ROW(%7$s)::text <> ROW(%6$s)::text',  -- numbers to the last zero
      chosen[n], columns,
      (SELECT string_agg('present.' || quote_ident(k), ', ') FROM unnest(aml.key_columns(chosen[n])) AS k),
      (SELECT string_agg('past.' || quote_ident(k), ', ') FROM unnest(aml.key_columns(chosen[n])) AS k),
      keys, replace(names, 'known.', 'excluded.'), names)
    USING past;
    GET DIAGNOSTICS affected = ROW_COUNT;
    counts_written[n] := affected;
  END LOOP;
  FOR n IN REVERSE cardinality(chosen) .. 1 LOOP
    SELECT string_agg(quote_ident(k), ', ') INTO keys FROM unnest(aml.key_columns(chosen[n])) AS k;
    EXECUTE format('DELETE FROM %1$s WHERE valid_from > $1 AND (%2$s) NOT IN (SELECT %2$s FROM %1$s_as_of($1))', chosen[n], keys)
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
COMMENT ON FUNCTION aml.restore_tables(regclass[], bigint) IS 'Makes tables of silver what they were at a version, as a new version; rows written and deleted in each.';
