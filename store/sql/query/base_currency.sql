-- No parameters. The base currency of this database and its exponent; no row before the first init is complete.
SELECT code.value, exponent.value::integer
FROM aml.properties code
JOIN aml.properties exponent ON exponent.property = 'base_currency_exponent'
WHERE code.property = 'base_currency'
