-- $1 model. Its row, if there is none yet.
INSERT INTO aml.models (model) VALUES ($1) ON CONFLICT DO NOTHING
