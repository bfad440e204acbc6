-- By which transfers was an alert raised, step by step?
--   psql "$(aml db url)" -v alert=0123456789abcdef0123456789abcdef -f reports/sql/follow_the_money.sql
-- alert: its alert_id (default: the most severe current alert that has transfers).
-- running_sum: of the transfers with the same role so far, in the base currency.
\if :{?alert}
\else
  \set alert ''
\endif
WITH chosen AS (
  SELECT alert_id
  FROM gold.current_alerts a
  WHERE alert_id = :'alert'
     OR :'alert' = '' AND EXISTS (SELECT FROM gold.alert_transfers t WHERE t.alert_id = a.alert_id)
  ORDER BY array_position(ARRAY['high', 'medium', 'low'], severity), score DESC, alert_id
  LIMIT 1
)
SELECT d.step, d.branch, d.role, d.booked_at, d.from_account_id, d.from_name, d.to_account_id, d.to_name, d.amount,
       d.currency, d.amount_base, sum(d.amount_base) OVER (PARTITION BY d.role ORDER BY d.step) AS running_sum,
       d.transfer_id
FROM gold.alert_transfer_details d
JOIN chosen USING (alert_id)
ORDER BY d.step;
