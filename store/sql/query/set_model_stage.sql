-- $1 model, $2 version, $3 stage, $4 why. A trigger logs it.
UPDATE aml.model_versions SET stage = $3, stage_reason = $4 WHERE model = $1 AND version = $2::integer
