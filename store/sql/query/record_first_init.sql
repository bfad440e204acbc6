-- $1 text: base currency; $2 text: program version. Requires a known currency.
INSERT INTO aml.properties (property, value)
SELECT setting.property, setting.value
FROM silver.currencies base
CROSS JOIN LATERAL (VALUES ('base_currency', base.currency_code),
                           ('base_currency_exponent', base.exponent::text),
                           ('created_by_version', $2::text)) AS setting (property, value)
WHERE base.currency_code = $1
