-- How well alerts agree with what is known to be laundering: what `aml evaluate` measured.
CREATE TABLE aml.evaluations (
  run_id        bigint NOT NULL REFERENCES aml.runs,
  labels_sha256 text NOT NULL,
  labels        text NOT NULL,
  typology      text NOT NULL,
  level         text NOT NULL CHECK (level IN ('instance', 'entity', 'transfer')),
  labelled      bigint NOT NULL,
  found         bigint NOT NULL,
  flagged       bigint NOT NULL,
  right_flags   bigint NOT NULL,
  evaluated_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (run_id, labels_sha256, typology, level)
);
COMMENT ON TABLE aml.evaluations IS 'Current alerts held against labels, as of a run: one row for each typology and level.';
COMMENT ON COLUMN aml.evaluations.run_id IS 'The newest run when it was measured.';
COMMENT ON COLUMN aml.evaluations.labels_sha256 IS 'SHA-256 over all labels: the same labels in other files are the same.';
COMMENT ON COLUMN aml.evaluations.labels IS 'The files they came from.';
COMMENT ON COLUMN aml.evaluations.labelled IS 'How much is known. Recall is found / labelled.';
COMMENT ON COLUMN aml.evaluations.found IS 'How much of what is known was found: an instance by one alert of its typology that holds it whole.';
COMMENT ON COLUMN aml.evaluations.flagged IS 'Alerts of the typology (level instance), their entities, their transfers. Precision is right_flags / flagged.';
COMMENT ON COLUMN aml.evaluations.right_flags IS 'How much of what was flagged is known: an alert if it holds a labelled transfer.';
