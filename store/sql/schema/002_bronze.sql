-- Bronze: every line as it came, append only. Every value is text; columns we do not know are kept in rescued.
CREATE SCHEMA bronze;
COMMENT ON SCHEMA bronze IS 'Input as it came, append only: personal data, not for analysts.';

CREATE TABLE bronze.transfers (
  file_id      bigint NOT NULL,
  line         bigint NOT NULL,
  transfer_id  text,
  booked_at    text,
  from_account text,
  to_account   text,
  amount       text,
  currency     text,
  type         text,
  rescued      jsonb,
  PRIMARY KEY (file_id, line)
);

COMMENT ON TABLE bronze.transfers IS 'Lines of transfers files, value by value as they came; null where the file has no such column.';
COMMENT ON COLUMN bronze.transfers.line IS 'Line of the file at which the row begins, from 1; silver rows name the same file_id and line.';
COMMENT ON COLUMN bronze.transfers.rescued IS 'Columns of the file that amlgraph does not know, by name.';

CREATE TABLE bronze.accounts (
  file_id    bigint NOT NULL,
  line       bigint NOT NULL,
  account_id text,
  party_id   text,
  kind       text,
  currency   text,
  country    text,
  opened_on  text,
  rescued    jsonb,
  PRIMARY KEY (file_id, line)
);

CREATE TABLE bronze.parties (
  file_id   bigint NOT NULL,
  line      bigint NOT NULL,
  party_id  text,
  name      text,
  kind      text,
  country   text,
  base_risk text,
  address   text,
  email     text,
  phone     text,
  rescued   jsonb,
  PRIMARY KEY (file_id, line)
);

CREATE TABLE bronze.fx_rates (
  file_id   bigint NOT NULL,
  line      bigint NOT NULL,
  currency  text,
  rate_date text,
  rate      text,
  rescued   jsonb,
  PRIMARY KEY (file_id, line)
);

CREATE TABLE bronze.unreadable_lines (
  file_id bigint NOT NULL,
  line    bigint NOT NULL,
  dataset text NOT NULL,
  reason  text NOT NULL,
  raw     bytea NOT NULL,
  PRIMARY KEY (file_id, line)
);
COMMENT ON TABLE bronze.unreadable_lines IS 'Lines that cannot be split into the columns of their header, byte for byte.';

CREATE SCHEMA quarantine;
COMMENT ON SCHEMA quarantine IS 'Input rows that break an expectation, whole, with the reason: personal data, not for analysts.';

CREATE TABLE quarantine.rows (
  file_id        bigint NOT NULL,
  line           bigint NOT NULL,
  dataset        text NOT NULL,
  reasons        text[] NOT NULL,
  row_values     jsonb,
  raw            bytea,
  quarantined_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (file_id, line, dataset)
);
COMMENT ON TABLE quarantine.rows IS 'One row for each input row that did not reach silver.';
COMMENT ON COLUMN quarantine.rows.reasons IS 'Names of the expectations it broke, or why the line could not be read.';
COMMENT ON COLUMN quarantine.rows.row_values IS 'The row as it came, by column; null if the line could not be read.';
COMMENT ON COLUMN quarantine.rows.raw IS 'The bytes of a line that could not be read; null otherwise.';
