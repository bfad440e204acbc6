-- $1 model. The version in production, if there is one.
SELECT version FROM aml.model_versions WHERE model = $1 AND stage = 'Production'
