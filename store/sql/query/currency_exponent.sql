-- $1 text: currency. Its exponent; no row if the currency is unknown.
SELECT exponent FROM silver.currencies WHERE currency_code = $1
