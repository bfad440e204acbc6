-- Who may do what: roles and their rights as a plan that can be held against the server, and shares of gold for readers outside.
-- docs/access.md tells how it is used, docs/decisions/0010-access.md why it is made so.

-- What the engine does with the rights of the owner, because only an owner can. Everything else runs with the rights of who calls it.
ALTER FUNCTION aml.add_column(text, text, text, bigint) SECURITY DEFINER SET search_path = pg_catalog, pg_temp;

CREATE FUNCTION aml.analyze_tables(VARIADIC tables regclass[]) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  foreign_table regclass;
BEGIN
  SELECT c.oid INTO foreign_table FROM pg_class c
  WHERE c.oid = ANY (tables) AND c.relnamespace NOT IN ('silver'::regnamespace, 'gold'::regnamespace, 'backtest'::regnamespace);
  IF FOUND THEN
    RAISE EXCEPTION '% is not a table of silver, gold or backtest', foreign_table USING ERRCODE = 'invalid_parameter_value';
  END IF;
  EXECUTE 'ANALYZE ' || array_to_string(tables::text[], ', ');
END
$$;
COMMENT ON FUNCTION aml.analyze_tables(regclass[]) IS 'Tells the planner about tables that were filled a moment ago: ANALYZE, with the rights of their owner.';

-- An analyst may see the names that gold shows, and not silver, where they stand.
ALTER FUNCTION gold.current_alerts_as_of(bigint) SECURITY DEFINER SET search_path = pg_catalog, pg_temp;

-- Shares: tables of gold as of one version, filtered by row, for readers outside until a date.
CREATE TABLE aml.shares (
  share      text PRIMARY KEY CHECK (share ~ '^[a-z][a-z0-9_]{0,56}$'),
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  created_by text NOT NULL DEFAULT session_user,
  dropped_at timestamptz,
  dropped_by text,
  CHECK ((dropped_at IS NULL) = (dropped_by IS NULL))
);
COMMENT ON TABLE aml.shares IS 'Each share that ever was. Its views stand in the schema share_<name>; a name is used once.';

CREATE TABLE aml.share_tables (
  share      text NOT NULL REFERENCES aml.shares,
  table_name text NOT NULL,
  columns    text[] NOT NULL,
  condition  text NOT NULL,
  PRIMARY KEY (share, table_name)
);
COMMENT ON TABLE aml.share_tables IS 'The tables of each share, without their schema, which is gold.';
COMMENT ON COLUMN aml.share_tables.columns IS 'The columns that a reader sees: those of the table when the share was made.';
COMMENT ON COLUMN aml.share_tables.condition IS 'Rows for which it holds are shared: a boolean over the columns of the table, as the server understood it.';

CREATE TABLE aml.share_versions (
  approval    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  share       text NOT NULL REFERENCES aml.shares,
  version     bigint NOT NULL REFERENCES aml.versions,
  approved_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  approved_by text NOT NULL DEFAULT session_user
);
CREATE INDEX share_versions_share ON aml.share_versions (share, approval);
COMMENT ON TABLE aml.share_versions IS 'Which version a share shows, who approved it and when. The newest approval counts.';

CREATE TABLE aml.share_grants (
  share_grant   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  share         text NOT NULL REFERENCES aml.shares,
  recipient     text NOT NULL,
  granted_until timestamptz NOT NULL,
  granted_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  granted_by    text NOT NULL DEFAULT session_user,
  revoked_at    timestamptz,
  revoked_by    text,
  CHECK ((revoked_at IS NULL) = (revoked_by IS NULL))
);
CREATE UNIQUE INDEX share_grants_in_force ON aml.share_grants (share, recipient) WHERE revoked_at IS NULL;
COMMENT ON TABLE aml.share_grants IS 'Which role may read which share until when. A grant that another replaces is revoked.';
COMMENT ON COLUMN aml.share_grants.recipient IS 'Name of a role. Whoever logs in as it, or as a member of it, may read.';

CREATE TABLE aml.share_reads (
  read_id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  read_at          timestamptz NOT NULL DEFAULT clock_timestamp(),
  reader           text NOT NULL DEFAULT session_user,
  share            text NOT NULL REFERENCES aml.shares,
  table_name       text NOT NULL,
  version          bigint NOT NULL,
  admitted         boolean NOT NULL,
  application_name text NOT NULL DEFAULT current_setting('application_name'),
  client_address   inet DEFAULT inet_client_addr(),
  transaction_id   xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX share_reads_share ON aml.share_reads (share, read_id);
COMMENT ON TABLE aml.share_reads IS 'Each read of a table of a share. A number that is missing in read_id is a read whose transaction was rolled back: the server''s log has it.';
COMMENT ON COLUMN aml.share_reads.reader IS 'Who logged in.';
COMMENT ON COLUMN aml.share_reads.admitted IS 'False: the grant had expired, and no row was given.';
COMMENT ON COLUMN aml.share_reads.client_address IS 'Where the reader connected from; null: a socket of the server.';

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON aml.share_reads
  FOR EACH STATEMENT EXECUTE FUNCTION aml.refuse_to_change_log();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON aml.share_versions
  FOR EACH STATEMENT EXECUTE FUNCTION aml.refuse_to_change_log();

CREATE FUNCTION aml.shared_version(of_share text) RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT version FROM aml.share_versions WHERE share = of_share ORDER BY approval DESC LIMIT 1
$$;
COMMENT ON FUNCTION aml.shared_version(text) IS 'The version that a share shows.';

CREATE FUNCTION aml.pinned_versions() RETURNS SETOF bigint LANGUAGE sql STABLE AS $$
  SELECT DISTINCT aml.shared_version(share) FROM aml.shares WHERE dropped_at IS NULL
$$;
COMMENT ON FUNCTION aml.pinned_versions() IS 'The versions that shares show: whatever happens to others, these must stay readable.';

CREATE FUNCTION aml.is_recipient(of_share text, reader name) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM aml.share_grants g
                 JOIN pg_roles r ON r.rolname = g.recipient
                 WHERE g.share = of_share AND g.revoked_at IS NULL AND clock_timestamp() < g.granted_until
                   AND pg_has_role(reader, r.oid, 'MEMBER'))
$$;
COMMENT ON FUNCTION aml.is_recipient(text, name) IS 'Whether a grant that is in force now admits who logged in.';

-- Called by the functions of a share, with the rights of the owner; the reader is who logged in, whatever role is set.
CREATE FUNCTION aml.open_share(opened text, opened_table text, asked_version bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  shown constant bigint := aml.shared_version(opened);
  is_admitted constant boolean := aml.is_recipient(opened, session_user);
  of_table aml.share_tables;
BEGIN
  IF current_setting('transaction_read_only')::boolean THEN
    RAISE EXCEPTION 'share %: each read is recorded, which a transaction that is read only cannot do', opened
      USING ERRCODE = 'read_only_sql_transaction', HINT = 'Begin the transaction with READ WRITE, on the primary server.';
  END IF;
  IF asked_version IS DISTINCT FROM shown THEN
    RAISE EXCEPTION 'share % shows version %, not %', opened, shown, coalesce(asked_version::text, 'null')
      USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'If it was moved just now, ask again.';
  END IF;
  SELECT * INTO STRICT of_table FROM aml.share_tables WHERE share = opened AND table_name = opened_table;
  INSERT INTO aml.share_reads (share, table_name, version, admitted) VALUES (opened, opened_table, shown, is_admitted);
  -- A line of the server's log survives a rollback, which takes the row away again.
  RAISE LOG 'amlgraph: read of share %.% at version % by %, %', opened, opened_table, shown, quote_literal(session_user),
    CASE WHEN is_admitted THEN 'admitted' ELSE 'refused: no grant is in force' END;
  RETURN format('SELECT %s FROM gold.%I($1) WHERE %s',
                (SELECT string_agg(quote_ident(c), ', ' ORDER BY n) FROM unnest(of_table.columns) WITH ORDINALITY AS u (c, n)),
                opened_table || '_as_of', CASE WHEN is_admitted THEN of_table.condition ELSE 'false' END);
END
$$;
COMMENT ON FUNCTION aml.open_share(text, text, bigint) IS 'Records a read of a table of a share and returns the query that gives its rows; without a grant in force one that gives none.';

-- As the expression of a generated column the server itself refuses what is no condition on one row that stays the same for ever: subqueries,
-- aggregates, the time of day. What ends the one probe and goes on is a mistake in the other.
CREATE FUNCTION aml.checked_condition(table_name text, condition text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  probe refcursor;
  understood text;
BEGIN
  EXECUTE format('CREATE TEMPORARY TABLE shared_rows ON COMMIT DROP AS SELECT * FROM gold.%I(0) WITH NO DATA', table_name || '_as_of');
  BEGIN
    -- A cursor takes one statement only, and runs none of it before the first row is fetched.
    OPEN probe FOR EXECUTE format(E'SELECT CASE WHEN %s\nTHEN true END FROM pg_temp.shared_rows', condition);
    CLOSE probe;
    EXECUTE format(E'ALTER TABLE pg_temp.shared_rows ADD COLUMN is_shared boolean GENERATED ALWAYS AS ((%s\n)) STORED', condition);
  EXCEPTION WHEN OTHERS THEN
    RAISE EXCEPTION '%: condition %: %', table_name, condition, SQLERRM
      USING ERRCODE = 'invalid_parameter_value',
            HINT = 'A boolean over the columns of the table, without subqueries, that is the same at any time and for any reader.';
  END;
  SELECT pg_get_expr(d.adbin, d.adrelid) INTO STRICT understood FROM pg_attrdef d WHERE d.adrelid = 'pg_temp.shared_rows'::regclass;
  DROP TABLE pg_temp.shared_rows;
  RETURN understood;
END
$$;
COMMENT ON FUNCTION aml.checked_condition(text, text) IS 'The condition on the rows of a table of gold as the server understands it; an error if it is none.';

CREATE FUNCTION aml.require_share(wanted text) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
  found_share aml.shares;
BEGIN
  SELECT * INTO found_share FROM aml.shares WHERE share = wanted;
  IF found_share IS NULL THEN
    RAISE EXCEPTION 'there is no share %', wanted
      USING ERRCODE = 'undefined_object',
            HINT = 'There are: ' || coalesce((SELECT string_agg(share, ', ' ORDER BY share) FROM aml.shares WHERE dropped_at IS NULL), 'none') || '.';
  ELSIF found_share.dropped_at IS NOT NULL THEN
    RAISE EXCEPTION 'share % was dropped at %', wanted, found_share.dropped_at USING ERRCODE = 'undefined_object';
  END IF;
  RETURN 'share_' || wanted;
END
$$;
COMMENT ON FUNCTION aml.require_share(text) IS 'The schema of a share; an error if there is no such share any more.';

-- With the rights of the owner, so that what is made belongs to it whoever of its members calls; nobody else may.
CREATE FUNCTION aml.create_share(new_share text, version bigint, tables text[], conditions text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  schema_name constant text := 'share_' || new_share;
  shared_table text;
  shared_columns text[];
BEGIN
  PERFORM aml.require_version(version);
  IF new_share !~ '^[a-z][a-z0-9_]{0,56}$' THEN
    RAISE EXCEPTION 'share %: no such name can be given', quote_literal(new_share)
      USING ERRCODE = 'invalid_name', HINT = 'a-z, 0-9 and _, at most 57, a letter first.';
  ELSIF EXISTS (SELECT FROM aml.shares WHERE share = new_share) THEN
    RAISE EXCEPTION 'a share % is there already, or was', new_share
      USING ERRCODE = 'duplicate_object', HINT = 'A name is used once, so that the record of reads stays clear.';
  END IF;
  INSERT INTO aml.shares (share) VALUES (new_share);
  INSERT INTO aml.share_versions (share, version) VALUES (new_share, create_share.version);
  EXECUTE format('CREATE SCHEMA %I', schema_name);
  EXECUTE format('COMMENT ON SCHEMA %I IS %L', schema_name, 'A share: tables of gold as of one version, for readers outside. Each read is recorded.');
  EXECUTE format($function$
    CREATE FUNCTION %I.version() RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $body$ SELECT aml.shared_version(%L) $body$ $function$, schema_name, new_share);
  EXECUTE format('REVOKE ALL ON FUNCTION %I.version() FROM PUBLIC', schema_name);
  FOR n IN 1 .. cardinality(tables) LOOP
    shared_table := tables[n];
    IF to_regprocedure(format('gold.%I(bigint)', shared_table || '_as_of')) IS NULL THEN
      RAISE EXCEPTION '%: no table of gold that can be read as of a version', quote_literal(shared_table)
        USING ERRCODE = 'invalid_parameter_value',
              HINT = 'There are: ' || (SELECT string_agg(left(proname, -6), ', ' ORDER BY proname) FROM pg_proc
                                       WHERE pronamespace = 'gold'::regnamespace AND proname LIKE '%\_as\_of') || '.';
    END IF;
    SELECT array_agg(attname::text ORDER BY attnum) INTO shared_columns FROM pg_attribute
    WHERE attrelid = to_regclass(format('gold.%I', shared_table)) AND attnum > 0 AND NOT attisdropped AND attname <> 'valid_from';
    INSERT INTO aml.share_tables
    VALUES (new_share, shared_table, shared_columns, aml.checked_condition(shared_table, conditions[n]));
    PERFORM aml.create_shared_view(schema_name, new_share, shared_table, shared_columns);
  END LOOP;
END
$$;
COMMENT ON FUNCTION aml.create_share(text, bigint, text[], text[]) IS 'Makes a share of tables of gold as of a version; conditions: of each table, which rows.';

-- The function gives no row but those that are shared, so no condition of a reader, however it leaks, is asked of another; and none without
-- its record. Its text, which anybody can read, tells nothing of the condition. The columns are named, so that later ones do not come in.
CREATE FUNCTION aml.create_shared_view(schema_name text, of_share text, shared_table text, shared_columns text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  reading constant text := format('%I.%I', schema_name, 'read_' || shared_table);
  shared_view constant text := format('%I.%I', schema_name, shared_table);
BEGIN
  EXECUTE format($function$
    CREATE FUNCTION %s(bigint) RETURNS TABLE (%s) LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
    BEGIN
      RETURN QUERY EXECUTE aml.open_share(%L, %L, $1) USING $1;
    END
    $body$ $function$, reading,
    (SELECT string_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' ORDER BY n)
     FROM unnest(shared_columns) WITH ORDINALITY AS u (c, n)
     JOIN pg_attribute a ON a.attrelid = to_regclass(format('gold.%I', shared_table)) AND a.attname = u.c),
    of_share, shared_table);
  EXECUTE format('REVOKE ALL ON FUNCTION %s(bigint) FROM PUBLIC', reading);
  EXECUTE format('CREATE VIEW %s WITH (security_barrier) AS SELECT * FROM %s(%I.version())', shared_view, reading, schema_name);
  EXECUTE format('COMMENT ON VIEW %s IS %L', shared_view, format('gold.%s as of %I.version(), as far as it is shared.', shared_table, schema_name));
  IF to_regrole('aml_audit') IS NOT NULL THEN
    EXECUTE format('GRANT SELECT ON %s TO aml_audit', shared_view);
  END IF;
END
$$;
COMMENT ON FUNCTION aml.create_shared_view(text, text, text, text[]) IS 'Makes the view of a table of a share, and the function that it reads.';

CREATE FUNCTION aml.revoke_share(of_share text, from_role text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  schema_name constant text := aml.require_share(of_share);
BEGIN
  UPDATE aml.share_grants SET revoked_at = clock_timestamp(), revoked_by = session_user
  WHERE share = of_share AND recipient = from_role AND revoked_at IS NULL;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'share % is not granted to %', of_share, quote_literal(from_role) USING ERRCODE = 'undefined_object';
  END IF;
  IF to_regrole(quote_ident(from_role)) IS NOT NULL THEN
    EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA %1$I FROM %2$I', schema_name, from_role);
    EXECUTE format('REVOKE ALL ON ALL FUNCTIONS IN SCHEMA %1$I FROM %2$I', schema_name, from_role);
    EXECUTE format('REVOKE ALL ON SCHEMA %1$I FROM %2$I', schema_name, from_role);
  END IF;
END
$$;
COMMENT ON FUNCTION aml.revoke_share(text, text) IS 'Takes a share away from a role, at once.';

CREATE FUNCTION aml.grant_share(of_share text, to_role text, until timestamptz) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  schema_name constant text := aml.require_share(of_share);
BEGIN
  IF to_regrole(quote_ident(to_role)) IS NULL THEN
    RAISE EXCEPTION 'there is no role %', quote_literal(to_role)
      USING ERRCODE = 'undefined_object', HINT = format('CREATE ROLE %1$I LOGIN; GRANT aml_recipient TO %1$I;', to_role);
  ELSIF to_regrole('aml_recipient') IS NULL OR NOT pg_has_role(to_role, 'aml_recipient', 'MEMBER') THEN
    RAISE EXCEPTION 'role % is no member of aml_recipient', quote_literal(to_role)
      USING ERRCODE = 'invalid_grantor', HINT = format('First:  aml grants --apply  and  GRANT aml_recipient TO %I;', to_role);
  ELSIF NOT until > clock_timestamp() THEN
    RAISE EXCEPTION 'a share cannot be granted until %, which is past', until USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF EXISTS (SELECT FROM aml.share_grants WHERE share = of_share AND recipient = to_role AND revoked_at IS NULL) THEN
    PERFORM aml.revoke_share(of_share, to_role);
  END IF;
  INSERT INTO aml.share_grants (share, recipient, granted_until) VALUES (of_share, to_role, until);
  EXECUTE format('GRANT USAGE ON SCHEMA %1$I TO %2$I', schema_name, to_role);
  EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %1$I TO %2$I', schema_name, to_role);
  EXECUTE format('GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA %1$I TO %2$I', schema_name, to_role);
END
$$;
COMMENT ON FUNCTION aml.grant_share(text, text, timestamptz) IS 'Lets a role read a share until then, in place of what was granted to it before.';

CREATE FUNCTION aml.move_share(of_share text, to_version bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM aml.require_share(of_share);
  INSERT INTO aml.share_versions (share, version) VALUES (of_share, aml.require_version(to_version));
END
$$;
COMMENT ON FUNCTION aml.move_share(text, bigint) IS 'Approves another version for a share, which it shows from now on.';

CREATE FUNCTION aml.drop_share(of_share text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  EXECUTE format('DROP SCHEMA %I CASCADE', aml.require_share(of_share));
  UPDATE aml.share_grants SET revoked_at = clock_timestamp(), revoked_by = session_user WHERE share = of_share AND revoked_at IS NULL;
  UPDATE aml.shares SET dropped_at = clock_timestamp(), dropped_by = session_user WHERE share = of_share;
END
$$;
COMMENT ON FUNCTION aml.drop_share(text) IS 'Takes a share away for good; the record of who had it and who read it stays.';

-- Before anybody applies the plan: what runs with the rights of the owner is for the owner.
REVOKE ALL ON FUNCTION aml.add_column(text, text, text, bigint), aml.analyze_tables(regclass[]), gold.current_alerts_as_of(bigint),
  aml.create_share(text, bigint, text[], text[]), aml.grant_share(text, text, timestamptz), aml.revoke_share(text, text),
  aml.move_share(text, bigint), aml.drop_share(text) FROM PUBLIC;

-- The plan. A migration that makes a table which the engine writes, or which the auditor should see, adds a row.
CREATE TABLE aml.access_plan (
  role        text NOT NULL,
  kind        text NOT NULL CHECK (kind IN ('database', 'schema', 'table', 'sequence', 'function')),
  schema_name text CHECK ((schema_name IS NULL) = (kind = 'database')),
  names       text[] NOT NULL DEFAULT '{%}',
  privileges  text[] NOT NULL,
  columns     text[]
);
COMMENT ON TABLE aml.access_plan IS 'What each role of amlgraph may do; aml.access_state holds it against what is granted.';
COMMENT ON COLUMN aml.access_plan.names IS 'Patterns of LIKE. A function that runs with its owner''s rights must be named in full.';
COMMENT ON COLUMN aml.access_plan.columns IS 'Only these columns of the table; null: all.';

INSERT INTO aml.access_plan (role, kind, schema_name, names, privileges) VALUES
  ('aml_owner', 'database', NULL, '{%}', '{CREATE,CONNECT,TEMPORARY}'),
  ('aml_engine', 'database', NULL, '{%}', '{CONNECT,TEMPORARY}'),
  ('aml_analyst', 'database', NULL, '{%}', '{CONNECT}'),
  ('aml_auditor', 'database', NULL, '{%}', '{CONNECT}'),
  ('aml_recipient', 'database', NULL, '{%}', '{CONNECT}');
INSERT INTO aml.access_plan (role, kind, schema_name, privileges)
SELECT 'aml_engine', 'schema', s, '{USAGE}'::text[] FROM unnest('{bronze,silver,quarantine,gold,backtest,history,aml}'::text[]) AS s
UNION ALL
SELECT 'aml_analyst', 'schema', s, '{USAGE}' FROM unnest('{gold,history,aml}'::text[]) AS s
UNION ALL
SELECT 'aml_auditor', 'schema', 'aml', '{USAGE}';
INSERT INTO aml.access_plan (role, kind, schema_name, names, privileges) VALUES
  ('aml_engine', 'table', 'bronze', '{%}', '{SELECT,INSERT,DELETE}'),
  ('aml_engine', 'table', 'silver', '{%}', '{SELECT,INSERT,UPDATE,DELETE}'),
  ('aml_engine', 'table', 'quarantine', '{%}', '{SELECT,INSERT}'),
  ('aml_engine', 'table', 'quarantine', '{rows}', '{UPDATE,DELETE}'),
  ('aml_engine', 'table', 'quarantine', '{replays}', '{DELETE}'),
  ('aml_engine', 'table', 'gold', '{%}', '{SELECT,INSERT,UPDATE,DELETE}'),
  ('aml_engine', 'table', 'backtest', '{%}', '{SELECT,INSERT,UPDATE,DELETE}'),
  -- What was stays as it was, also for the engine.
  ('aml_engine', 'table', 'history', '{%}', '{SELECT,INSERT}'),
  ('aml_engine', 'table', 'aml', '{%}', '{SELECT}'),
  ('aml_engine', 'table', 'aml', '{ingested_files,expectation_results,control_totals,file_schemas,added_columns,scenario_versions,runs,run_steps,evaluations,versions,version_tables,training_runs,training_metrics,models,model_versions,model_aliases,model_transitions,model_baseline_bins,model_drift}', '{INSERT}'),
  ('aml_engine', 'table', 'aml', '{ingested_files,runs,evaluations,versions,version_tables,models,model_versions,model_aliases,model_drift}', '{UPDATE}'),
  ('aml_engine', 'table', 'aml', '{ingested_files,expectation_results,runs}', '{DELETE}'),
  ('aml_engine', 'sequence', 'aml', '{asked_until}', '{SELECT}'),
  ('aml_engine', 'function', 'silver', '{%}', '{EXECUTE}'),
  ('aml_engine', 'function', 'gold', '{%,current_alerts_as_of}', '{EXECUTE}'),
  ('aml_engine', 'function', 'quarantine', '{%}', '{EXECUTE}'),
  ('aml_engine', 'function', 'aml', '{%,add_column,analyze_tables,version_at}', '{EXECUTE}'),
  ('aml_analyst', 'table', 'gold', '{%}', '{SELECT}'),
  ('aml_analyst', 'function', 'gold', '{%,current_alerts_as_of}', '{EXECUTE}'),
  -- Gold as it was at a version, and which versions there are.
  ('aml_analyst', 'table', 'history', '{gold\_%}', '{SELECT}'),
  ('aml_analyst', 'table', 'aml', '{versions,version_history,schema_migrations,properties}', '{SELECT}'),
  ('aml_analyst', 'function', 'aml', '{require_version,newest_version,version_at}', '{EXECUTE}'),
  ('aml_auditor', 'table', 'aml', '{schema_migrations,properties,ingested_files,control_totals,file_schemas,added_columns,scenario_versions,evaluations,versions,version_tables,version_history,unseen_versions,versioned_tables,training_metrics,models,model_aliases,model_transitions,model_production,model_baseline_bins,model_drift,shares,share_tables,share_versions,share_grants,share_reads,access_plan,access_roles,access_state}', '{SELECT}'),
  ('aml_auditor', 'function', 'aml', '{newest_version,version_at,shared_version,pinned_versions}', '{EXECUTE}');
-- Not keys of rows, nor words in which they may stand.
INSERT INTO aml.access_plan (role, kind, schema_name, names, privileges, columns) VALUES
  ('aml_auditor', 'table', 'aml', '{expectation_results}', '{SELECT}', '{file_id,dataset,expectation,policy,passed,failed,observed,expected}'),
  ('aml_auditor', 'table', 'aml', '{expectation_history}', '{SELECT}', '{dataset,expectation,policy,file_id,path,operation,loaded_at,passed,failed,pass_rate,observed,expected}'),
  ('aml_auditor', 'table', 'aml', '{runs}', '{SELECT}', '{run_id,status,started_at,finished_at,program_version,started_by,threads,seed,scenarios,snapshot,last_file_id,accounts,parties,transfers,peak_memory_bytes,as_of,overrides,purpose,version,read_version,as_of_version}'),
  ('aml_auditor', 'table', 'aml', '{run_steps}', '{SELECT}', '{run_id,step,name,scenario,scenario_version,parameters,rows,seconds,peak_memory_bytes,outcome}'),
  ('aml_auditor', 'table', 'aml', '{training_runs}', '{SELECT}', '{training_run,experiment,status,started_at,finished_at,started_by,program_version,run_id,source,snapshot,last_file_id,window_from,window_until,rows,data_sha256,parameters}'),
  ('aml_auditor', 'table', 'aml', '{model_versions}', '{SELECT}', '{model,version,stage,stage_reason,signature,artifact_sha256,training_run,created_at,created_by}'),
  -- What the scoring functions of the extension read.
  ('aml_analyst', 'table', 'aml', '{model_versions}', '{SELECT}', '{model,version,stage,artifact,artifact_sha256}'),
  ('aml_analyst', 'table', 'aml', '{model_aliases}', '{SELECT}', '{model,alias,version}');

CREATE VIEW aml.access_roles AS
SELECT role FROM unnest('{aml_owner,aml_engine,aml_analyst,aml_auditor,aml_recipient}'::text[]) AS role
UNION ALL
SELECT 'aml_audit' WHERE EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pgaudit') OR to_regrole('aml_audit') IS NOT NULL;
COMMENT ON VIEW aml.access_roles IS 'The roles of amlgraph, of which people and programs are members. aml_audit has none: pgaudit logs what it could read.';

CREATE VIEW aml.secured_objects AS
WITH our_schemas AS (
  SELECT * FROM pg_namespace
  WHERE nspname IN ('aml', 'bronze', 'silver', 'quarantine', 'gold', 'backtest', 'history')
     OR nspname IN (SELECT 'share_' || share FROM aml.shares WHERE dropped_at IS NULL)
)
SELECT 'database' AS kind, NULL::name AS schema_name, datname AS name, quote_ident(datname) AS object, datdba AS owner_id,
       coalesce(datacl, acldefault('d', datdba)) AS acl, false AS has_owners_rights, NULL::oid AS table_id
FROM pg_database WHERE datname = current_database()
UNION ALL
SELECT 'schema', nspname, nspname, quote_ident(nspname), nspowner, coalesce(nspacl, acldefault('n', nspowner)), false, NULL
FROM our_schemas
UNION ALL
SELECT CASE relkind WHEN 'S' THEN 'sequence' ELSE 'table' END, nspname, relname, format('%I.%I', nspname, relname), relowner,
       coalesce(relacl, acldefault((CASE relkind WHEN 'S' THEN 's' ELSE 'r' END)::"char", relowner)), false, c.oid
FROM pg_class c
JOIN our_schemas s ON s.oid = c.relnamespace
WHERE relkind IN ('r', 'p', 'v', 'm', 'f')
   OR relkind = 'S' AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype IN ('a', 'i'))
UNION ALL
SELECT 'function', nspname, proname, format('%I.%I(%s)', nspname, proname, pg_get_function_identity_arguments(p.oid)), proowner,
       coalesce(proacl, acldefault('f', proowner)), prosecdef, NULL
FROM pg_proc p
JOIN our_schemas s ON s.oid = p.pronamespace
WHERE NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = p.oid AND deptype = 'e');
COMMENT ON VIEW aml.secured_objects IS 'What rights are granted on: the database, our schemas, and what is in them but for the functions of extensions.';

CREATE VIEW aml.planned_access AS
SELECT plan.role, o.kind, o.schema_name, o.object, CASE WHEN c.name IS NULL THEN p.name ELSE format('%s (%I)', p.name, c.name) END AS privilege
FROM aml.access_plan plan
JOIN aml.secured_objects o
  ON o.kind = plan.kind AND o.schema_name IS NOT DISTINCT FROM plan.schema_name AND o.name LIKE ANY (plan.names)
 AND (NOT o.has_owners_rights OR o.name = ANY (plan.names))
CROSS JOIN unnest(plan.privileges) AS p (name)
LEFT JOIN unnest(plan.columns) AS c (name) ON true
UNION
SELECT 'aml_owner', kind, schema_name, object, 'OWNER' FROM aml.secured_objects WHERE kind <> 'database'
UNION ALL
SELECT role, 'role', NULL, role, 'EXISTS' FROM aml.access_roles
UNION ALL
SELECT r.rolname, 'membership', NULL, 'aml_owner', 'MEMBER'
FROM pg_namespace n
JOIN pg_roles r ON r.oid = n.nspowner
WHERE n.nspname = 'aml' AND r.rolname <> 'aml_owner' AND NOT r.rolsuper
  AND NOT EXISTS (SELECT FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid WHERE g.rolname = 'aml_owner' AND m.member = r.oid)
UNION ALL
SELECT g.recipient, o.kind, o.schema_name, o.object, CASE o.kind WHEN 'schema' THEN 'USAGE' WHEN 'table' THEN 'SELECT' ELSE 'EXECUTE' END
FROM aml.share_grants g
JOIN pg_roles r ON r.rolname = g.recipient
JOIN aml.secured_objects o ON o.schema_name = 'share_' || g.share
WHERE g.revoked_at IS NULL
UNION ALL
SELECT r.role, o.kind, o.schema_name, o.object, CASE o.kind WHEN 'schema' THEN 'USAGE' ELSE 'SELECT' END
FROM aml.access_roles r
JOIN aml.secured_objects o ON o.schema_name LIKE 'share\_%' AND o.kind = 'table'
WHERE r.role = 'aml_audit' AND to_regrole(r.role) IS NOT NULL;
COMMENT ON VIEW aml.planned_access IS 'The plan, object by object, with the grants of shares.';

CREATE VIEW aml.actual_access AS
SELECT coalesce(r.rolname::text, 'PUBLIC') AS role, o.kind, o.schema_name, o.object, p.name AS privilege
FROM aml.secured_objects o
CROSS JOIN aclexplode(o.acl) AS a
LEFT JOIN pg_roles r ON r.oid = a.grantee
CROSS JOIN LATERAL (SELECT a.privilege_type UNION ALL SELECT 'GRANT OPTION FOR ' || a.privilege_type WHERE a.is_grantable) AS p (name)
WHERE a.grantee <> o.owner_id AND (o.kind <> 'database' OR r.rolname IN (SELECT role FROM aml.access_roles))
UNION
SELECT coalesce(r.rolname::text, 'PUBLIC'), o.kind, o.schema_name, o.object, format('%s (%I)', a.privilege_type, attname)
FROM aml.secured_objects o
JOIN pg_attribute ON attrelid = o.table_id AND NOT attisdropped AND attacl IS NOT NULL
CROSS JOIN aclexplode(attacl) AS a
LEFT JOIN pg_roles r ON r.oid = a.grantee
WHERE a.grantee <> o.owner_id
UNION ALL
SELECT pg_get_userbyid(owner_id), kind, schema_name, object, 'OWNER' FROM aml.secured_objects WHERE kind <> 'database'
UNION ALL
SELECT role, 'role', NULL, role, attribute.name
FROM aml.access_roles
JOIN pg_roles ON rolname = role
CROSS JOIN LATERAL (VALUES ('EXISTS', true), ('LOGIN', rolcanlogin), ('SUPERUSER', rolsuper), ('CREATEDB', rolcreatedb),
                           ('CREATEROLE', rolcreaterole), ('REPLICATION', rolreplication), ('BYPASSRLS', rolbypassrls)) AS attribute (name, is_set)
WHERE attribute.is_set
UNION ALL
SELECT ours.rolname, 'membership', NULL, quote_ident(other.rolname), 'MEMBER'
FROM pg_auth_members m
JOIN pg_roles ours ON ours.oid = m.member
JOIN pg_roles other ON other.oid = m.roleid
WHERE ours.rolname IN (SELECT role FROM aml.access_roles)
UNION ALL
SELECT 'PUBLIC', 'schema', nspname, nspname, 'CREATE'
FROM pg_namespace
CROSS JOIN aclexplode(nspacl) AS a
WHERE nspname = 'public' AND a.grantee = 0 AND a.privilege_type = 'CREATE';
COMMENT ON VIEW aml.actual_access IS 'What is granted on the secured objects, to whomever; what the roles of amlgraph are, and are members of.';

CREATE VIEW aml.access_state AS
SELECT role, kind, coalesce(planned.schema_name, actual.schema_name) AS schema_name, object, privilege,
       CASE WHEN actual.object IS NULL THEN 'missing' WHEN planned.object IS NULL THEN 'beyond' ELSE 'granted' END AS state,
       role = 'PUBLIC' OR role IN (SELECT r.role FROM aml.access_roles r) OR planned.object IS NOT NULL
         OR (actual.schema_name LIKE 'share\_%' AND privilege <> 'OWNER') AS is_ours
FROM aml.planned_access planned
FULL JOIN aml.actual_access actual USING (role, kind, object, privilege);
COMMENT ON VIEW aml.access_state IS 'The plan held against what is granted.';
COMMENT ON COLUMN aml.access_state.is_ours IS 'False: a role that is none of amlgraph''s has it. Somebody granted it by hand, and it is left alone.';

CREATE VIEW aml.access_statements AS
WITH differing AS (
  SELECT s.*, CASE role WHEN 'PUBLIC' THEN 'PUBLIC' ELSE quote_ident(role) END AS grantee,
         CASE kind WHEN 'function' THEN 'ROUTINE' ELSE upper(kind) END AS keyword
  FROM aml.access_state s
  WHERE state <> 'granted' AND is_ours
),
granting AS (
  SELECT grantee, kind, keyword, object, string_agg(privilege, ', ' ORDER BY privilege) AS privileges
  FROM differing
  WHERE state = 'missing' AND kind NOT IN ('role', 'membership') AND privilege <> 'OWNER'
  GROUP BY grantee, kind, keyword, object
)
-- Two databases of one server may do so at the same time: roles are the server's.
SELECT 1 AS step, format('DO $role$ BEGIN CREATE ROLE %s NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $role$', grantee) AS statement
FROM differing WHERE kind = 'role' AND state = 'missing'
UNION ALL
SELECT 2, format('ALTER ROLE %s NO%s', grantee, privilege) FROM differing WHERE kind = 'role' AND state = 'beyond'
UNION ALL
SELECT 3, CASE state WHEN 'missing' THEN format('GRANT %s TO %s', object, grantee) ELSE format('REVOKE %s FROM %s', object, grantee) END
FROM differing WHERE kind = 'membership'
UNION ALL
-- A schema first: the new owner of a table must be allowed to create in it.
SELECT CASE kind WHEN 'schema' THEN 4 ELSE 5 END, format('ALTER %s %s OWNER TO aml_owner', keyword, object)
FROM differing WHERE privilege = 'OWNER' AND state = 'missing'
UNION ALL
SELECT CASE keyword WHEN 'DATABASE' THEN 3 ELSE 6 END, format('REVOKE %s ON %s %s FROM %s CASCADE', privilege, keyword, string_agg(object, ', ' ORDER BY object), grantee)
FROM differing WHERE state = 'beyond' AND kind NOT IN ('role', 'membership') AND privilege <> 'OWNER'
GROUP BY privilege, keyword, grantee
UNION ALL
SELECT CASE keyword WHEN 'DATABASE' THEN 3 ELSE 7 END, format('GRANT %s ON %s %s TO %s', privileges, keyword, string_agg(object, ', ' ORDER BY object), grantee)
FROM granting
GROUP BY privileges, keyword, grantee;
COMMENT ON VIEW aml.access_statements IS 'What makes the plan true, in the order of step.';

CREATE FUNCTION aml.apply_access(first_step integer DEFAULT 1) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
  statements text[];
  statement text;
  failed text;
BEGIN
  PERFORM pg_advisory_xact_lock(7103852, 2);  -- as a migration: not while the schema changes
  -- Twice: what is taken away from a table is taken away from its columns, too.
  FOR round IN 1 .. 2 LOOP
    SELECT array_agg(s.statement ORDER BY s.step, s.statement) INTO statements FROM aml.access_statements s WHERE s.step >= first_step;
    FOREACH statement IN ARRAY coalesce(statements, '{}') LOOP
      EXECUTE statement;
      RETURN NEXT statement;
    END LOOP;
  END LOOP;
  -- A right that one may not grant is a warning of the server, no error.
  SELECT string_agg(s.statement, '; ' ORDER BY s.step, s.statement) INTO failed FROM aml.access_statements s WHERE s.step >= first_step;
  IF failed IS NOT NULL THEN
    RAISE EXCEPTION 'without effect: %', failed USING ERRCODE = 'insufficient_privilege';
  END IF;
END
$$;
COMMENT ON FUNCTION aml.apply_access(integer) IS 'Makes the plan true with the rights of the caller, whole or not at all; the statements that did it. From step 4 on it takes the owner, before that who administers the server.';
