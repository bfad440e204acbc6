-- What the expectations of whole files observe, and quarantined rows that are fixed, replayed or dropped.
ALTER TABLE aml.ingested_files ADD COLUMN operation text NOT NULL DEFAULT 'LOAD' CHECK (operation IN ('LOAD', 'REPLAY'));
COMMENT ON COLUMN aml.ingested_files.operation IS 'LOAD: a file. REPLAY: rows out of quarantine, which quarantine.replays names; its sha256 is of their places.';

CREATE TABLE aml.control_totals (
  file_id bigint NOT NULL REFERENCES aml.ingested_files,
  total   text NOT NULL,
  value   numeric NOT NULL,
  PRIMARY KEY (file_id, total)
);
COMMENT ON TABLE aml.control_totals IS 'What the sender of a file said it holds, in the control file beside it: rows, and sums of columns.';

ALTER TABLE aml.expectation_results
  ADD COLUMN sample_lines bigint[] NOT NULL DEFAULT '{}',
  ADD COLUMN sample_keys  text[] NOT NULL DEFAULT '{}',
  ADD COLUMN observed     text,
  ADD COLUMN expected     text;
COMMENT ON TABLE aml.expectation_results IS 'How many rows of a file met each expectation; of one about the file as a whole, what was observed.';
COMMENT ON COLUMN aml.expectation_results.passed IS 'Rows that met it; 1 if it is about the file as a whole and is met.';
COMMENT ON COLUMN aml.expectation_results.failed IS 'Rows that broke it; 1 if it is about the file as a whole and is not met.';
COMMENT ON COLUMN aml.expectation_results.sample_lines IS 'Lines of the first five rows that broke it.';
COMMENT ON COLUMN aml.expectation_results.sample_keys IS 'Keys of these rows: transfer_id, account_id, party_id, or currency and day; empty where the row has none.';
COMMENT ON COLUMN aml.expectation_results.observed IS 'What was observed of the file as a whole; null for expectations of rows.';
COMMENT ON COLUMN aml.expectation_results.expected IS 'What was expected of it, in words.';

CREATE VIEW aml.expectation_history AS
SELECT result.dataset, result.expectation, result.policy, file.file_id, file.path, file.operation, file.loaded_at,
       result.passed, result.failed, round(result.passed::numeric / nullif(result.passed + result.failed, 0), 6) AS pass_rate,
       result.observed, result.expected, result.sample_lines, result.sample_keys
FROM aml.expectation_results result
JOIN aml.ingested_files file USING (file_id);
COMMENT ON VIEW aml.expectation_history IS 'How each expectation was met, file by file: order by loaded_at to see pass_rate fall.';
COMMENT ON COLUMN aml.expectation_history.pass_rate IS 'Share of the rows that met it, from 0 to 1; null if there was no row.';

ALTER TABLE quarantine.rows
  ADD COLUMN state       text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'replayed', 'dropped')),
  ADD COLUMN closed_at   timestamptz,
  ADD COLUMN closed_by   text,
  ADD COLUMN drop_reason text,
  ADD CONSTRAINT rows_closed_by_someone CHECK ((state = 'open') = (closed_at IS NULL AND closed_by IS NULL)),
  ADD CONSTRAINT rows_dropped_for_a_reason CHECK ((state = 'dropped') = (drop_reason IS NOT NULL));
CREATE INDEX rows_open ON quarantine.rows (dataset, file_id, line) WHERE state = 'open';
COMMENT ON COLUMN quarantine.rows.reasons IS 'Names of the expectations it breaks, by the last judgement, or why the line could not be read.';
COMMENT ON COLUMN quarantine.rows.state IS 'open: waits. replayed: a replay brought it into silver, see quarantine.replays. dropped: somebody decided that it is not needed.';

CREATE TABLE quarantine.fixes (
  fix_id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  file_id      bigint NOT NULL,
  line         bigint NOT NULL,
  dataset      text NOT NULL,
  fixed_values jsonb NOT NULL CHECK (jsonb_typeof(fixed_values) = 'object'),
  fixed_at     timestamptz NOT NULL DEFAULT now(),
  fixed_by     text NOT NULL DEFAULT session_user,
  FOREIGN KEY (file_id, line, dataset) REFERENCES quarantine.rows
);
CREATE INDEX fixes_row ON quarantine.fixes (file_id, line, dataset);
COMMENT ON TABLE quarantine.fixes IS 'Corrected values of quarantined rows, who gave them and when. Of two for one column the later holds; the row itself stays as it came.';
COMMENT ON COLUMN quarantine.fixes.fixed_values IS 'By column of the bronze table; only what was corrected.';

CREATE TABLE quarantine.replays (
  replay_file_id bigint NOT NULL REFERENCES aml.ingested_files,
  replay_line    bigint NOT NULL,
  file_id        bigint NOT NULL,
  line           bigint NOT NULL,
  dataset        text NOT NULL,
  PRIMARY KEY (file_id, line, dataset),
  UNIQUE (replay_file_id, replay_line, dataset),
  FOREIGN KEY (file_id, line, dataset) REFERENCES quarantine.rows
);
COMMENT ON TABLE quarantine.replays IS 'Which quarantined row became which row of a replay: bronze and silver name the replay''s file_id and line. A row is replayed once.';

CREATE FUNCTION quarantine.corrected(in_file_id bigint, in_line bigint, in_dataset text) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT coalesce(jsonb_object_agg(fixed.key, fixed.value ORDER BY fix_id), '{}')
  FROM quarantine.fixes, jsonb_each(fixed_values) AS fixed
  WHERE file_id = in_file_id AND line = in_line AND dataset = in_dataset
$$;
COMMENT ON FUNCTION quarantine.corrected IS 'All corrected values of a quarantined row, by column; empty if it was never fixed.';

-- What expectations made from a JSON schema call; a regular expression knows no calendar.
CREATE FUNCTION aml.has_format(format text, value text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE format
    WHEN 'date-time' THEN
      value ~* '^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:[.][0-9]+)?(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])$'
      AND (substr(value, 9, 2) NOT IN ('29', '30', '31') OR aml.exists_in_month(value))
    WHEN 'date' THEN
      value ~ '^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])$'
      AND (substr(value, 9, 2) NOT IN ('29', '30', '31') OR aml.exists_in_month(value))
    WHEN 'time' THEN
      value ~* '^(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:[.][0-9]+)?(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])$'
    WHEN 'email' THEN value ~ '^[^@[:space:]]+@[^@[:space:]]+$'
    WHEN 'uri' THEN value ~ '^[A-Za-z][A-Za-z0-9+.-]*:[^[:space:]<>"{}|\\^`]*$'
    WHEN 'uuid' THEN value ~* '^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
    WHEN 'ipv4' THEN value ~ '^(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:[.](?!$)|$)){4}$'
  END
$$;
COMMENT ON FUNCTION aml.has_format IS 'Whether a text is a date-time, date or time (RFC 3339, days that exist), email, uri, uuid or ipv4; null for other formats.';
