-- $1 model, $2 version of the data. The version of the model with which the newest production run that read this data scored, if one did.
SELECT result.model_version
FROM gold.run_results result
JOIN aml.runs run USING (run_id)
WHERE result.model = $1 AND run.read_version = $2::bigint AND run.purpose = 'production'
ORDER BY run_id DESC
LIMIT 1
