-- From silver to a table of anomalies, all in SQL: what each account paid on each day, scored by the model account_days.
-- Run it after each load, as often as you like: each day of an account is scored once by each version of the model.
-- docs/sql_scoring.md explains it and says how the model is made.
CREATE SCHEMA IF NOT EXISTS bank;

-- The features. Days end at midnight UTC; a day counts when a later one has begun.
CREATE OR REPLACE VIEW bank.account_days AS
SELECT from_account_id AS account_id,
       (booked_at AT TIME ZONE 'UTC')::date AS day,
       count(*) AS payments,
       sum(amount_base) AS paid,
       max(amount_base) AS largest,
       count(DISTINCT to_account_id) AS payees,
       count(*) FILTER (WHERE extract(hour FROM booked_at AT TIME ZONE 'UTC') < 6) AS at_night
FROM silver.transfers
WHERE booked_at < (SELECT date_trunc('day', max(booked_at), 'UTC') FROM silver.transfers)
GROUP BY 1, 2;

CREATE TABLE IF NOT EXISTS bank.scored_account_days (
  account_id    text,
  day           date,
  model_version integer,
  anomaly_score float8 NOT NULL,
  is_anomaly    boolean NOT NULL,
  reasons       jsonb,
  scored_at     timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (model_version, day, account_id)
);

-- What the version in production has not scored yet. Only days from a week before the newest scored one are looked at: transfers that
-- are loaded later than that are left out.
WITH production AS MATERIALIZED (
  SELECT m.version,
         coalesce((SELECT max(s.day) - 7 FROM bank.scored_account_days s WHERE s.model_version = m.version), '-infinity') AS first_day
  FROM aml.model_versions m
  WHERE m.model = 'account_days' AND m.stage = 'Production'
), scored AS MATERIALIZED (  -- read before anything is written: the table itself grows while the INSERT looks
  SELECT s.day, s.account_id
  FROM production p
  JOIN bank.scored_account_days s ON s.model_version = p.version AND s.day >= p.first_day
)
INSERT INTO bank.scored_account_days (account_id, day, model_version, anomaly_score, is_anomaly, reasons)
SELECT d.account_id, d.day, p.version,
       aml.anomaly_score('account_days', d),
       aml.detect_anomaly('account_days', d),
       CASE WHEN aml.detect_anomaly('account_days', d) THEN aml.anomaly_reasons('account_days', d) END
FROM production p
JOIN bank.account_days d ON d.day >= p.first_day
WHERE NOT EXISTS (SELECT FROM scored s WHERE s.day = d.day AND s.account_id = d.account_id)
ON CONFLICT DO NOTHING;
ANALYZE bank.scored_account_days;  -- so that the next INSERT is planned for what is there now

-- What analysts read: the verdicts of the version in production.
CREATE OR REPLACE VIEW bank.account_anomalies AS
SELECT s.account_id, s.day, s.anomaly_score, s.reasons, s.model_version
FROM bank.scored_account_days s
JOIN aml.model_versions v ON v.model = 'account_days' AND v.version = s.model_version AND v.stage = 'Production'
WHERE s.is_anomaly;
