-- $1 model, $2 version.
SELECT artifact, artifact_sha256 FROM aml.model_versions WHERE model = $1 AND version = $2::integer
