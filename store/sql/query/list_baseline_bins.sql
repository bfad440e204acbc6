-- $1 model, $2 version.
SELECT position, bin, feature, upper, rows
FROM aml.model_baseline_bins
WHERE model = $1 AND version = $2::integer
ORDER BY position, bin
