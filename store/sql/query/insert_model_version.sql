-- $1 model, whose row is locked; $2 signature, $3 artifact, $4 its sha256, $5 training run, $6 why it is registered. Returns the version.
INSERT INTO aml.model_versions (model, version, stage_reason, signature, artifact, artifact_sha256, training_run)
SELECT $1, coalesce(max(version), 0) + 1, $6, $2::jsonb, $3::bytea, $4, $5::bigint
FROM aml.model_versions WHERE model = $1
RETURNING version
