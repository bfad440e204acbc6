-- Silver: typed, keyed, amounts in one currency beside the original.
CREATE SCHEMA silver;
COMMENT ON SCHEMA silver IS 'Accounts, parties, attributes and transfers that met every expectation.';

CREATE TABLE silver.currencies (
  currency_code text PRIMARY KEY CHECK (currency_code ~ '^[A-Z]{3}$'),
  exponent      smallint NOT NULL CHECK (exponent BETWEEN 0 AND 4)
);
COMMENT ON TABLE silver.currencies IS 'ISO 4217: one unit is 10^exponent minor units.';
INSERT INTO silver.currencies (currency_code, exponent)
SELECT regexp_split_to_table(codes, '\s+'), exponent
FROM (VALUES
  (0, 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'),
  (2, 'AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP
       BYN BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD
       FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD
       KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD
       NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP
       SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED
       VES WST XCD YER ZAR ZMW ZWG'),
  (3, 'BHD IQD JOD KWD LYD OMR TND'),
  (4, 'CLF UYW')
) AS iso_4217 (exponent, codes);

CREATE TABLE silver.fx_rates (
  currency_code text NOT NULL REFERENCES silver.currencies,
  rate_date     date NOT NULL,
  rate          numeric NOT NULL CHECK (rate > 0),
  file_id       bigint NOT NULL,
  line          bigint NOT NULL,
  PRIMARY KEY (currency_code, rate_date)
);
COMMENT ON TABLE silver.fx_rates IS 'Units of the base currency for one unit of currency_code, valid from rate_date until the next one.';

CREATE TABLE silver.parties (
  party_id   text PRIMARY KEY,
  name       text,
  kind       text NOT NULL DEFAULT 'unknown' CHECK (kind IN ('person', 'company', 'unknown')),
  country    text,
  base_risk  double precision NOT NULL DEFAULT 0 CHECK (base_risk >= 0),
  is_derived boolean NOT NULL,
  file_id    bigint NOT NULL,
  line       bigint NOT NULL
);
COMMENT ON COLUMN silver.parties.is_derived IS 'True if no parties file named it: derived from an account.';

CREATE TABLE silver.party_attributes (
  party_id         text NOT NULL REFERENCES silver.parties,
  kind             text NOT NULL CHECK (kind IN ('address', 'email', 'phone')),
  value            text NOT NULL,
  normalised_value text NOT NULL,
  PRIMARY KEY (party_id, kind, normalised_value)
);
COMMENT ON TABLE silver.party_attributes IS 'What a party gave, as given and normalised for comparison.';

CREATE TABLE silver.accounts (
  account_id    text PRIMARY KEY,
  party_id      text NOT NULL REFERENCES silver.parties,
  kind          text,
  currency_code text REFERENCES silver.currencies,
  country       text,
  opened_on     date,
  is_derived    boolean NOT NULL,
  file_id       bigint NOT NULL,
  line          bigint NOT NULL
);
CREATE INDEX accounts_party ON silver.accounts (party_id);
COMMENT ON COLUMN silver.accounts.is_derived IS 'True if no accounts file named it: derived from a transfer.';

CREATE TABLE silver.transfers (
  transfer_id     text PRIMARY KEY,
  booked_at       timestamptz NOT NULL,
  from_account_id text NOT NULL,
  to_account_id   text NOT NULL,
  amount          numeric NOT NULL CHECK (amount >= 0),
  currency_code   text NOT NULL,
  amount_base     numeric NOT NULL CHECK (amount_base >= 0 AND amount_base < 900000000000000),
  type            text NOT NULL,
  file_id         bigint NOT NULL,
  line            bigint NOT NULL
);
CREATE INDEX transfers_from_account ON silver.transfers (from_account_id, booked_at);
CREATE INDEX transfers_to_account ON silver.transfers (to_account_id, booked_at);
CREATE INDEX transfers_file ON silver.transfers USING brin (file_id);
COMMENT ON TABLE silver.transfers IS 'Both accounts of a transfer are in silver.accounts: the load adds what is missing, so no foreign key is checked for each row.';
COMMENT ON COLUMN silver.transfers.amount_base IS 'amount in the base currency at the rate of the day, rounded to its minor unit: what detectors compare. Below 9e14, so that it fits 64 bits as minor units of any currency.';

-- Reading text without failing: null for anything that is not exactly of the form. Plain expressions, so that the planner inlines them.

CREATE FUNCTION aml.try_numeric(value text) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN length(value) <= 1000 AND value ~ '^[+-]?[0-9]+(?:[.][0-9]+)?$' THEN value::numeric END
$$;
COMMENT ON FUNCTION aml.try_numeric IS 'A plain decimal such as 1250.50; null for exponents, separators of thousands, NaN, infinity and anything else.';

CREATE FUNCTION aml.exists_in_month(day text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE
    WHEN substr(day, 6, 2) IN ('04', '06', '09', '11') THEN substr(day, 9, 2) <> '31'
    WHEN substr(day, 6, 2) <> '02' THEN true
    WHEN substr(day, 9, 2) <> '29' THEN false
    ELSE substr(day, 1, 4)::int % 4 = 0 AND (substr(day, 1, 4)::int % 100 <> 0 OR substr(day, 1, 4)::int % 400 = 0)
  END
$$;
COMMENT ON FUNCTION aml.exists_in_month IS 'Whether a day YYYY-MM-29, -30 or -31 is in the calendar.';

CREATE FUNCTION aml.try_timestamptz(value text) RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT CASE
    -- One expression for all forms: matching is what reading a file costs most. It leaves only days that do not exist.
    WHEN value !~ '^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,9})?)?(?:Z|[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?)?)?$'
    THEN NULL
    WHEN substr(value, 1, 4) = '0000' THEN NULL
    WHEN substr(value, 9, 2) IN ('29', '30', '31') AND NOT aml.exists_in_month(value) THEN NULL
    WHEN right(value, 1) = 'Z' OR substr(value, 12) ~ '[+-]' THEN value::timestamptz
    ELSE value::timestamp AT TIME ZONE 'UTC'
  END
$$;
COMMENT ON FUNCTION aml.try_timestamptz IS 'A time as ISO 8601, such as 2024-02-29, 2024-02-29 13:05 or 2024-02-29T13:05:00.25+01:00; UTC if it names no zone; null for anything else.';

CREATE FUNCTION aml.try_date(value text) RETURNS date LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN length(value) = 10 THEN (aml.try_timestamptz(value) AT TIME ZONE 'UTC')::date END
$$;
COMMENT ON FUNCTION aml.try_date IS 'A day that exists, as ISO 8601 YYYY-MM-DD; null for anything else.';

CREATE FUNCTION aml.trimmed(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT btrim(value, E' \t\r\n')
$$;
COMMENT ON FUNCTION aml.trimmed IS 'The text without blanks, tabs and line ends around it.';

-- docs/loading.md says in words what this does and why.
CREATE FUNCTION aml.normalise_address(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  WITH plain AS (
    -- Decompose, drop the accents, then lower: so it works whatever the database's locale.
    SELECT lower(translate(regexp_replace(normalize(value, NFKD), U&'[\0300-\036F]', '', 'g'), U&'\00D8\00F8\0141\0142\0110\0111\0131', 'OoLlDdi')) AS text
  ),
  spelled AS (
    SELECT replace(replace(replace(replace(replace(text, U&'\00DF', 'ss'), U&'\00E6', 'ae'), U&'\0153', 'oe'), U&'\00C6', 'ae'), U&'\0152', 'oe') AS text
    FROM plain
  ),
  words AS (
    SELECT word, position
    FROM spelled,
         -- Apostrophes and full stops inside a word vanish (O'Neill, P.O.), other punctuation separates words.
         regexp_split_to_table(regexp_replace(text, U&'[''.\2018\2019]', '', 'g'),
                               U&'[\0001-\002F\003A-\0040\005B-\0060\007B-\00BF\2000-\206F\3000-\303F]+') WITH ORDINALITY AS split (word, position)
    WHERE word <> ''
  )
  SELECT string_agg(
           coalesce('{"street": "st", "str": "st", "strasse": "st", "avenue": "ave", "av": "ave", "road": "rd", "drive": "dr", "lane": "ln",
                      "boulevard": "blvd", "court": "ct", "place": "pl", "square": "sq", "terrace": "ter", "highway": "hwy", "parkway": "pkwy",
                      "circle": "cir", "crescent": "cres", "close": "cl", "gardens": "gdns", "apartment": "apt", "suite": "ste",
                      "floor": "fl", "building": "bldg", "number": "no", "north": "n", "south": "s", "east": "e", "west": "w",
                      "saint": "st", "mount": "mt"}'::jsonb ->> word,
                    regexp_replace(word, '(.)strasse$', '\1str')),
           ' ' ORDER BY position)
  FROM words
$$;
COMMENT ON FUNCTION aml.normalise_address IS 'An address in a form that two spellings of it share: lower case, no accents, no punctuation, usual abbreviations; null if nothing is left.';

CREATE FUNCTION aml.normalise_phone(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE
    WHEN value !~ '[0-9]' THEN NULL
    WHEN value ~ '^[ (]*([+]|00)' THEN nullif('+' || ltrim(regexp_replace(replace(value, '(0)', ''), '[^0-9]', '', 'g'), '0'), '+')
    ELSE regexp_replace(value, '[^0-9]', '', 'g')
  END
$$;
COMMENT ON FUNCTION aml.normalise_phone IS 'Digits only, with + in front if the number is international (+ or 00); null if there is no digit.';

CREATE FUNCTION aml.normalise_attribute(kind text, value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT nullif(CASE kind
    WHEN 'email' THEN lower(aml.trimmed(value))
    WHEN 'phone' THEN aml.normalise_phone(aml.trimmed(value))
    WHEN 'address' THEN aml.normalise_address(value)
  END, '')
$$;
COMMENT ON FUNCTION aml.normalise_attribute IS 'What a party gave (kind: address, email, phone) in the form in which it is compared; null if nothing is left of it.';
