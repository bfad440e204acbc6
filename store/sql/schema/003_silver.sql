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
  amount          numeric NOT NULL,
  currency_code   text NOT NULL,
  amount_base     numeric NOT NULL,
  type            text NOT NULL,
  file_id         bigint NOT NULL,
  line            bigint NOT NULL
);
CREATE INDEX transfers_from_account ON silver.transfers (from_account_id, booked_at);
CREATE INDEX transfers_to_account ON silver.transfers (to_account_id, booked_at);
COMMENT ON TABLE silver.transfers IS 'Both accounts of a transfer are in silver.accounts: the load adds what is missing, so no foreign key is checked for each row.';
COMMENT ON COLUMN silver.transfers.amount_base IS 'amount in the base currency at the rate of the day, rounded to its minor unit: what detectors compare.';
