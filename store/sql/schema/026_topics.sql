-- A Kafka topic as a source: its messages come in batches, each a file of the ledger.
ALTER TABLE aml.ingested_files
  DROP CONSTRAINT ingested_files_kind_check,
  ADD CONSTRAINT ingested_files_kind_check CHECK (kind IN ('file', 'table', 'kafka'));
COMMENT ON COLUMN aml.ingested_files.kind IS 'file: path is where it lay. table: path is the name of the source, and the content are the rows of one batch that it had not given before. kafka: path is the name of the source, and the content are the messages of one batch; the line of a message is aml.topic_line(partition, offset).';
COMMENT ON COLUMN aml.ingested_files.position_from IS 'Of a batch: rows from this watermark on were read, the lateness taken off; null: all. Of a topic the offset by partition, as JSON.';
COMMENT ON COLUMN aml.ingested_files.position_to IS 'Of a batch: the greatest watermark that was read. Of a topic the offset behind the batch by partition, as JSON.';

ALTER TABLE aml.source_positions ADD COLUMN lag bigint;
COMMENT ON COLUMN aml.source_positions.part IS 'What is read in an order of its own: of a topic the number of the partition; the one of a table is named by the empty text.';
COMMENT ON COLUMN aml.source_positions.position IS 'Of a table the greatest watermark that was read, as the source writes it. Of a topic the offset of the next message.';
COMMENT ON COLUMN aml.source_positions.lag IS 'Messages of the partition that lay there unread when aml watch last looked; null for a table.';

CREATE TABLE aml.source_gaps (
  source      text NOT NULL,
  part        text NOT NULL,
  lost_from   text NOT NULL,
  lost_to     text NOT NULL,
  accepted_at timestamptz NOT NULL DEFAULT now(),
  accepted_by text NOT NULL DEFAULT session_user,
  PRIMARY KEY (source, part, lost_from)
);
COMMENT ON TABLE aml.source_gaps IS 'What a source no longer had when it should have been read, and who said that reading goes on behind it.';
COMMENT ON COLUMN aml.source_gaps.lost_from IS 'The position at which reading should have gone on.';
COMMENT ON COLUMN aml.source_gaps.lost_to IS 'The position at which it went on.';

CREATE FUNCTION aml.topic_line(topic_partition integer, topic_offset bigint) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT topic_partition * 10000000000000 + topic_offset
$$;
COMMENT ON FUNCTION aml.topic_line IS 'The line under which a message stands in bronze, silver and quarantine: its partition, then thirteen digits of its offset.';
