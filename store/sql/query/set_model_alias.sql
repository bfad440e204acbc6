-- $1 model, $2 alias, $3 version, $4 why. A trigger logs it.
INSERT INTO aml.model_aliases (model, alias, version, reason) VALUES ($1, $2, $3::integer, $4)
ON CONFLICT (model, alias) DO UPDATE SET version = excluded.version, reason = excluded.reason
