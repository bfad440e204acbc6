-- $1 base currency, $2 its exponent. New rates for transfers that are there already: their amounts in the base currency follow, so
-- that the order of files does not matter.
UPDATE silver.transfers transfer
SET amount_base = round(transfer.amount * fx.rate, $2::integer), valid_from = DEFAULT
FROM silver.transfers valued
CROSS JOIN LATERAL (
  SELECT known.rate
  FROM silver.fx_rates known
  WHERE known.currency_code = valued.currency_code AND known.rate_date <= (valued.booked_at AT TIME ZONE 'UTC')::date
  ORDER BY known.rate_date DESC
  LIMIT 1
) AS fx
WHERE valued.currency_code <> $1 AND transfer.transfer_id = valued.transfer_id
  AND transfer.amount_base <> round(valued.amount * fx.rate, $2)
