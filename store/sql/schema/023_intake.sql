-- What a landing folder does to files: lines are added to one, another is written anew under its old name.
ALTER TABLE aml.ingested_files
  ADD COLUMN content_bytes     bigint,
  ADD COLUMN continues_file_id bigint REFERENCES aml.ingested_files,
  ADD COLUMN replaces_file_id  bigint REFERENCES aml.ingested_files;
COMMENT ON COLUMN aml.ingested_files.content_bytes IS 'Size of the uncompressed content; null for files that an older version of the program loaded.';
COMMENT ON COLUMN aml.ingested_files.continues_file_id IS 'The file whose whole content this one begins with: only the lines behind it were loaded.';
COMMENT ON COLUMN aml.ingested_files.replaces_file_id IS 'The file that was loaded before under the same path, with another content. Its rows stay.';

-- Which columns files had when they were first seen.
CREATE TABLE aml.file_schemas (
  schema_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  dataset        text NOT NULL,
  format         text NOT NULL,
  columns        text[] NOT NULL,
  types          text[] NOT NULL,
  columns_sha256 text NOT NULL,
  first_file_id  bigint NOT NULL REFERENCES aml.ingested_files,
  UNIQUE (dataset, format, columns_sha256)
);
COMMENT ON TABLE aml.file_schemas IS 'Each list of columns that a loaded file had, once for each dataset and format.';
COMMENT ON COLUMN aml.file_schemas.columns IS 'As the first such file names them, in its order; of JSON lines all keys in order of first appearance.';
COMMENT ON COLUMN aml.file_schemas.types IS 'What the first 1000 rows of the first such file look like: integer, numeric, boolean, date, timestamptz, json, text; unknown if there was no value.';
COMMENT ON COLUMN aml.file_schemas.columns_sha256 IS 'SHA-256 of columns, which may be longer than an index takes.';
ALTER TABLE aml.ingested_files ADD COLUMN schema_id bigint REFERENCES aml.file_schemas;
COMMENT ON COLUMN aml.ingested_files.schema_id IS 'The columns of the file; null for files that an older version of the program loaded.';

-- Columns of files that became columns of silver: aml load --schema-evolution add.
CREATE TABLE aml.added_columns (
  dataset       text NOT NULL,
  source_name   text NOT NULL,
  column_name   text NOT NULL,
  type          text NOT NULL CHECK (type IN ('numeric', 'boolean', 'date', 'timestamptz', 'jsonb', 'text')),
  first_file_id bigint NOT NULL REFERENCES aml.ingested_files,
  PRIMARY KEY (dataset, source_name),
  UNIQUE (dataset, column_name)
);
COMMENT ON TABLE aml.added_columns IS 'Columns of silver that the program does not know and a load added.';
COMMENT ON COLUMN aml.added_columns.source_name IS 'Name in the file, in lower case and without blanks around it.';

CREATE FUNCTION aml.folded_name(name text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT lower(btrim(name, E' \t') COLLATE "C")
$$;
COMMENT ON FUNCTION aml.folded_name IS 'The name of a column of a file as it is compared: without capitals (of ASCII) and outer blanks.';

CREATE FUNCTION aml.free_column_name(target regclass, source_name text) RETURNS text LANGUAGE sql STABLE AS $$
  WITH plain AS (
    SELECT left(btrim(regexp_replace(lower(source_name), '[^a-z0-9]+', '_', 'g'), '_'), 50) AS name
  ),
  stem AS (SELECT CASE WHEN name ~ '^[a-z]' THEN name ELSE rtrim('c_' || name, '_') END AS name FROM plain)
  SELECT candidate.name
  FROM stem, LATERAL (
    SELECT CASE number WHEN 1 THEN stem.name ELSE stem.name || '_' || number END AS name, number
    FROM generate_series(1, 200) AS number
  ) AS candidate
  WHERE NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = target AND attname = candidate.name)
  ORDER BY candidate.number
  LIMIT 1
$$;
COMMENT ON FUNCTION aml.free_column_name IS 'A column name made of a-z, 0-9 and _ that the table does not have yet.';

CREATE FUNCTION aml.add_column(dataset text, source_name text, inferred_type text, file_id bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  target regclass := format('silver.%I', dataset)::regclass;
  name text := aml.free_column_name(target, source_name);
  type text := CASE WHEN inferred_type IN ('boolean', 'date', 'timestamptz') THEN inferred_type
                    WHEN inferred_type IN ('integer', 'numeric') THEN 'numeric'
                    WHEN inferred_type = 'json' THEN 'jsonb'
                    ELSE 'text' END;
BEGIN
  EXECUTE format('ALTER TABLE %s ADD COLUMN %I %s', target, name, type);
  EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', target, name, format('Column "%s" of loaded files, typed by its first values; the value as it came is in bronze.', source_name));
  INSERT INTO aml.added_columns VALUES (dataset, aml.folded_name(source_name), name, type, file_id);
  PERFORM aml.keep_history(target);
  RETURN name;
END
$$;
COMMENT ON FUNCTION aml.add_column IS 'Makes a column of files a column of silver, in the transaction of the load; returns its name there.';

-- One UPDATE, whose text is made of the columns that were added: names and keys are quoted, values stay values.
CREATE FUNCTION aml.fill_added_columns(dataset text, file_id bigint, keys text[]) RETURNS TABLE (column_name text, misfits bigint) LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  assignments text;
  misfits_of text;
BEGIN
  IF keys IS NULL THEN
    EXECUTE format('SELECT array_agg(DISTINCT key) FROM bronze.%I, jsonb_object_keys(rescued) AS key WHERE file_id = $1', dataset)
    INTO keys USING file_id;
  END IF;
  WITH filled AS (
    SELECT added.column_name AS name, format('bronze.rescued ->> %L', key) AS raw,
           CASE WHEN key IS NULL THEN 'NULL' ELSE
             CASE added.type
               WHEN 'jsonb' THEN format('bronze.rescued -> %L', key)
               WHEN 'text' THEN format('nullif(bronze.rescued ->> %L, '''')', key)
               WHEN 'numeric' THEN format('aml.try_numeric(aml.trimmed(bronze.rescued ->> %L))', key)
               WHEN 'date' THEN format('aml.try_date(aml.trimmed(bronze.rescued ->> %L))', key)
               WHEN 'timestamptz' THEN format('aml.try_timestamptz(aml.trimmed(bronze.rescued ->> %L))', key)
               ELSE format('CASE lower(aml.trimmed(bronze.rescued ->> %L)) WHEN ''true'' THEN true WHEN ''false'' THEN false END', key)
             END
           END AS value
    FROM aml.added_columns added
    LEFT JOIN LATERAL (SELECT given AS key FROM unnest(keys) AS given WHERE aml.folded_name(given) = added.source_name LIMIT 1) AS found ON true
    WHERE added.dataset = dataset
  )
  SELECT string_agg(format('%I = %s', name, value), ', '),
         string_agg(format('(%L, aml.trimmed(%s) <> '''' AND silver.%I IS NULL)', name, raw, name), ', ') FILTER (WHERE value <> 'NULL')
  INTO assignments, misfits_of
  FROM filled;
  IF assignments IS NULL THEN RETURN; END IF;
  EXECUTE format('UPDATE silver.%1$I AS silver SET %2$s FROM bronze.%1$I AS bronze
                  WHERE silver.file_id = $1 AND bronze.file_id = $1 AND bronze.line = silver.line', dataset, assignments)
  USING file_id;
  IF misfits_of IS NULL THEN RETURN; END IF;
  RETURN QUERY EXECUTE format('SELECT value.name, count(*)
                               FROM silver.%1$I AS silver
                               JOIN bronze.%1$I AS bronze ON bronze.file_id = $1 AND bronze.line = silver.line
                               CROSS JOIN LATERAL (VALUES %2$s) AS value (name, is_misfit)
                               WHERE silver.file_id = $1 AND value.is_misfit
                               GROUP BY value.name', dataset, misfits_of)
  USING file_id;
END
$$;
COMMENT ON FUNCTION aml.fill_added_columns IS 'Fills the added columns for the rows that a file gave to silver; keys are its columns as they stand in rescued; null: those that its rows have. Returns how many values did not fit the type of their column: they are null in silver and stay in bronze.';
