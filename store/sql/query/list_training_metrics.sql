-- $1 training run. Its metrics in alphabetical order.
SELECT metric, value FROM aml.training_metrics WHERE training_run = $1::bigint ORDER BY metric
