-- Sources that are read again and again: up to where each was read, and what it gave.
CREATE TABLE aml.source_positions (
  source     text NOT NULL,
  part       text NOT NULL,
  position   text NOT NULL,
  file_id    bigint REFERENCES aml.ingested_files,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (source, part)
);
COMMENT ON TABLE aml.source_positions IS 'Up to where each source was read, written in the same database transaction as the rows: reading goes on from here, whatever happened.';
COMMENT ON COLUMN aml.source_positions.source IS 'Its name, as its file says.';
COMMENT ON COLUMN aml.source_positions.part IS 'What is read in an order of its own: the one of a table is named by the empty text.';
COMMENT ON COLUMN aml.source_positions.position IS 'Of a table the greatest watermark that was read, as the source writes it.';
COMMENT ON COLUMN aml.source_positions.file_id IS 'The newest batch that brought rows; null if none did yet.';

-- Each row that a source gave, by what cannot be read back: no personal data. So a row that is read again is known, also when it is in
-- quarantine, replayed, or when another source said something else since.
CREATE TABLE aml.source_rows (
  row_key uuid NOT NULL,
  content uuid NOT NULL,
  file_id bigint NOT NULL,
  PRIMARY KEY (row_key, content)
);
COMMENT ON TABLE aml.source_rows IS 'Which rows the tables that are sources gave, in their newest content.';
COMMENT ON COLUMN aml.source_rows.row_key IS 'Half of the SHA-256 of the source and the key of the row.';
COMMENT ON COLUMN aml.source_rows.content IS 'Half of the SHA-256 of the source and the whole row, as the source wrote it.';
COMMENT ON COLUMN aml.source_rows.file_id IS 'The batch that brought it.';

ALTER TABLE aml.ingested_files
  ADD COLUMN kind          text NOT NULL DEFAULT 'file' CHECK (kind IN ('file', 'table')),
  ADD COLUMN rows_known    bigint NOT NULL DEFAULT 0,
  ADD COLUMN position_from text,
  ADD COLUMN position_to   text;
COMMENT ON COLUMN aml.ingested_files.kind IS 'file: path is where it lay. table: path is the name of the source, and the content are the rows of one batch that it had not given before.';
COMMENT ON COLUMN aml.ingested_files.rows_known IS 'Rows of a batch that the source had given before; they are counted nowhere else.';
COMMENT ON COLUMN aml.ingested_files.position_from IS 'Of a batch: rows from this watermark on were read, the lateness taken off; null: all.';
COMMENT ON COLUMN aml.ingested_files.position_to IS 'Of a batch: the greatest watermark that was read.';
