-- IBM AMLworld's files write currencies as words, among them Bitcoin, and name an account by its bank and a number.
ALTER TABLE silver.currencies DROP CONSTRAINT currencies_exponent_check;
ALTER TABLE silver.currencies ADD CONSTRAINT currencies_exponent_check CHECK (exponent BETWEEN 0 AND 8);
INSERT INTO silver.currencies (currency_code, exponent) VALUES ('XBT', 8);
COMMENT ON TABLE silver.currencies IS 'ISO 4217, and XBT for Bitcoin: one unit is 10^exponent minor units.';

CREATE FUNCTION aml.amlworld_currency(word text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce('{"us dollar": "USD", "euro": "EUR", "swiss franc": "CHF", "yuan": "CNY", "yen": "JPY", "rupee": "INR", "ruble": "RUB",
                    "uk pound": "GBP", "shekel": "ILS", "saudi riyal": "SAR", "canadian dollar": "CAD", "australian dollar": "AUD",
                    "mexican peso": "MXN", "brazil real": "BRL", "bitcoin": "XBT"}'::jsonb ->> lower(aml.trimmed(word)),
                  upper(aml.trimmed(word)))
$$;
COMMENT ON FUNCTION aml.amlworld_currency IS 'The code of a currency as AMLworld names it, such as US Dollar; any other word in capitals.';

-- Its transfers write bank 20 as 020, its accounts as 20.
CREATE FUNCTION aml.amlworld_account(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE
    WHEN aml.trimmed(split_part(value, ':', 1)) = '' OR aml.trimmed(split_part(value, ':', 2)) = '' THEN ''
    ELSE coalesce(nullif(ltrim(aml.trimmed(split_part(value, ':', 1)), '0'), ''), '0') || ':' || aml.trimmed(substr(value, strpos(value, ':') + 1))
  END
$$;
COMMENT ON FUNCTION aml.amlworld_account IS 'The account id of bank:number, the bank without zeros in front: 10:8000EBD30 of 010:8000EBD30; empty if one of the two is.';
