-- A run writes only what changed. That an alert was found again, by the same scenario with the same score, is said by the run's own row:
-- what stands here are stretches of runs, from the one that began to find something until before the one that found otherwise.

-- Runs.
ALTER TABLE aml.runs ADD COLUMN kind text NOT NULL DEFAULT 'full' CHECK (kind IN ('full', 'incremental'));
COMMENT ON COLUMN aml.runs.kind IS 'full: it looked at all data. incremental: only at what new data can have changed, with the same outcome for the scenarios that do not depend on all data; the others did not run.';
UPDATE aml.runs SET version = 0 WHERE version IS NULL AND run_id IN (SELECT run_id FROM gold.run_results);
COMMENT ON COLUMN aml.runs.version IS 'The version of gold that the run made, see aml.versions; 0 if it was written before there were versions, null if it wrote none.';
CREATE INDEX runs_version ON aml.runs (version, run_id) WHERE version IS NOT NULL;
CREATE INDEX runs_of_gold ON aml.runs (run_id) WHERE version IS NOT NULL;
CREATE INDEX runs_running ON aml.runs (run_id) WHERE status = 'running';

CREATE OR REPLACE VIEW aml.version_history AS
SELECT v.version, v.committed_at, v.user_name, v.operation, v.operation_parameters,
       coalesce((SELECT jsonb_object_agg(t.table_name, jsonb_build_object('inserted', t.inserted, 'updated', t.updated, 'deleted', t.deleted))
                 FROM aml.version_tables t WHERE t.version = v.version), '{}') AS operation_metrics,
       v.read_version,
       (SELECT r.run_id FROM aml.runs r WHERE r.version = v.version AND v.version > 0) AS run_id,
       ARRAY(SELECT f.file_id FROM aml.ingested_files f WHERE f.version = v.version ORDER BY f.file_id) AS file_ids,
       v.client, v.program_version, v.version >= (SELECT aml.oldest_version()) AS is_readable
FROM aml.versions v;

-- The runs of each scenario until now, each with the next one.
CREATE TEMPORARY TABLE scenario_run ON COMMIT DROP AS
SELECT g.scenario, g.run_id, r.version AS made_version, g.version, g.alerts, g.added, g.gone, g.model, g.model_version,
       lead(g.run_id) OVER of_scenario AS next_run_id, lead(r.version) OVER of_scenario AS next_version,
       lag(g.run_id) OVER of_scenario AS run_before
FROM gold.run_results g
JOIN aml.runs r USING (run_id)
WINDOW of_scenario AS (PARTITION BY g.scenario ORDER BY g.run_id);

-- Stretches of runs.
CREATE TABLE gold.scenario_periods (
  scenario      text NOT NULL,
  from_run_id   bigint NOT NULL REFERENCES aml.runs,
  until_run_id  bigint REFERENCES aml.runs CHECK (until_run_id > from_run_id),
  version       integer NOT NULL,
  alerts        bigint NOT NULL,
  added         bigint NOT NULL,
  gone          bigint NOT NULL,
  model         text,
  model_version integer,
  valid_from    bigint NOT NULL,
  PRIMARY KEY (scenario, from_run_id)
);
COMMENT ON TABLE gold.scenario_periods IS 'Runs one after the other that ran a scenario with the same outcome. One row a stretch; gold.run_results tells it run by run.';
COMMENT ON COLUMN gold.scenario_periods.scenario IS 'Id of the scenario.';
COMMENT ON COLUMN gold.scenario_periods.from_run_id IS 'The first run, see aml.runs.';
COMMENT ON COLUMN gold.scenario_periods.until_run_id IS 'The first production run after it that ran the scenario with another outcome, or not at all, or in which it failed; null: none yet.';
COMMENT ON COLUMN gold.scenario_periods.version IS 'Version of the scenario.';
COMMENT ON COLUMN gold.scenario_periods.alerts IS 'Alerts that each of the runs found.';
COMMENT ON COLUMN gold.scenario_periods.added IS 'Of them, those that the first run found and no run before it.';
COMMENT ON COLUMN gold.scenario_periods.gone IS 'Alerts that were current before the first run, which did not find them.';
COMMENT ON COLUMN gold.scenario_periods.model IS 'Model that scored; null if none did.';
COMMENT ON COLUMN gold.scenario_periods.model_version IS 'Its version, see aml.model_versions; null if no model scored.';

CREATE TABLE gold.alert_periods (
  alert_id     text NOT NULL REFERENCES gold.alerts,
  from_run_id  bigint NOT NULL REFERENCES aml.runs,
  until_run_id bigint REFERENCES aml.runs CHECK (until_run_id > from_run_id),
  version      integer NOT NULL,
  score        double precision NOT NULL,
  severity     text NOT NULL,
  valid_from   bigint NOT NULL,
  PRIMARY KEY (alert_id, from_run_id)
);
COMMENT ON TABLE gold.alert_periods IS 'Runs of a scenario one after the other that found an alert with the same score. One row a stretch; gold.run_alerts tells it run by run.';
COMMENT ON COLUMN gold.alert_periods.alert_id IS 'Alert, see gold.alerts.';
COMMENT ON COLUMN gold.alert_periods.from_run_id IS 'The first run, see aml.runs.';
COMMENT ON COLUMN gold.alert_periods.until_run_id IS 'The first run of the scenario after it that did not find the alert, or with another score or severity or in another version; null: none yet.';
COMMENT ON COLUMN gold.alert_periods.version IS 'Version of the scenario.';
COMMENT ON COLUMN gold.alert_periods.score IS 'Its score in these runs.';
COMMENT ON COLUMN gold.alert_periods.severity IS 'Its severity in these runs.';

WITH gold_run AS (
  SELECT run_id, lag(run_id) OVER (ORDER BY run_id) AS run_before, lead(run_id) OVER (ORDER BY run_id) AS next_run_id
  FROM aml.runs
  WHERE version IS NOT NULL
), marked AS (
  SELECT s.*, g.next_run_id AS next_gold_run_id,
         s.run_before IS NOT DISTINCT FROM g.run_before AND g.run_before IS NOT NULL AND s.added = 0 AND s.gone = 0
         AND (s.version, s.alerts, s.model, s.model_version) IS NOT DISTINCT FROM
             (lag(s.version) OVER w, lag(s.alerts) OVER w, lag(s.model) OVER w, lag(s.model_version) OVER w) AS goes_on
  FROM scenario_run s
  JOIN gold_run g USING (run_id)
  WINDOW w AS (PARTITION BY s.scenario ORDER BY s.run_id)
), numbered AS (
  SELECT *, count(*) FILTER (WHERE NOT goes_on) OVER (PARTITION BY scenario ORDER BY run_id) AS stretch FROM marked
)
INSERT INTO gold.scenario_periods (scenario, from_run_id, until_run_id, version, alerts, added, gone, model, model_version, valid_from)
SELECT scenario, min(run_id), (array_agg(next_gold_run_id ORDER BY run_id DESC))[1], min(version), min(alerts), sum(added), sum(gone),
       min(model), min(model_version), min(made_version)
FROM numbered
GROUP BY scenario, stretch;

WITH marked AS (
  SELECT f.alert_id, f.run_id, f.version, f.score, f.severity, s.made_version, s.next_run_id,
         f.run_id IS NOT DISTINCT FROM lag(s.next_run_id) OVER w
         AND (f.version, f.score, f.severity) IS NOT DISTINCT FROM (lag(f.version) OVER w, lag(f.score) OVER w, lag(f.severity) OVER w) AS goes_on
  FROM gold.run_alerts f
  JOIN gold.alerts a USING (alert_id)
  JOIN scenario_run s ON s.run_id = f.run_id AND s.scenario = a.scenario
  WINDOW w AS (PARTITION BY f.alert_id ORDER BY f.run_id)
), numbered AS (
  SELECT *, count(*) FILTER (WHERE NOT goes_on) OVER (PARTITION BY alert_id ORDER BY run_id) AS stretch FROM marked
)
INSERT INTO gold.alert_periods (alert_id, from_run_id, until_run_id, version, score, severity, valid_from)
SELECT alert_id, min(run_id), (array_agg(next_run_id ORDER BY run_id DESC))[1], min(version), min(score), min(severity), min(made_version)
FROM numbered
GROUP BY alert_id, stretch;

-- The tables make room for views of their names, and go when nothing reads them any more.
DROP FUNCTION gold.run_alerts_as_of(bigint), gold.run_results_as_of(bigint), gold.scenario_runs_as_of(bigint);
ALTER TABLE gold.run_alerts RENAME TO replaced_run_alerts;
ALTER TABLE gold.run_results RENAME TO replaced_run_results;
SELECT aml.keep_history(periods) FROM unnest(ARRAY['gold.scenario_periods', 'gold.alert_periods']::regclass[]) AS periods;

-- Their past, as if they had always been kept: a stretch had no end until the run that ended it.
INSERT INTO history.gold_scenario_periods (scenario, from_run_id, version, alerts, added, gone, model, model_version, valid_from, valid_until)
SELECT p.scenario, p.from_run_id, p.version, p.alerts, p.added, p.gone, p.model, p.model_version, p.valid_from, r.version
FROM gold.scenario_periods p
JOIN aml.runs r ON r.run_id = p.until_run_id
WHERE r.version > p.valid_from;
INSERT INTO history.gold_alert_periods (alert_id, from_run_id, version, score, severity, valid_from, valid_until)
SELECT p.alert_id, p.from_run_id, p.version, p.score, p.severity, p.valid_from, r.version
FROM gold.alert_periods p
JOIN aml.runs r ON r.run_id = p.until_run_id
WHERE r.version > p.valid_from;
ALTER TABLE gold.scenario_periods DISABLE TRIGGER USER;
ALTER TABLE gold.alert_periods DISABLE TRIGGER USER;
UPDATE gold.scenario_periods p SET valid_from = r.version FROM aml.runs r WHERE r.run_id = p.until_run_id;
UPDATE gold.alert_periods p SET valid_from = r.version FROM aml.runs r WHERE r.run_id = p.until_run_id;
ALTER TABLE gold.scenario_periods ENABLE TRIGGER USER;
ALTER TABLE gold.alert_periods ENABLE TRIGGER USER;

CREATE INDEX scenario_periods_open ON gold.scenario_periods (scenario) WHERE until_run_id IS NULL;
CREATE UNIQUE INDEX alert_periods_open ON gold.alert_periods (alert_id) WHERE until_run_id IS NULL;
CREATE INDEX alert_periods_until ON gold.alert_periods (until_run_id) WHERE until_run_id IS NOT NULL;

-- Alerts say which run no longer found them instead of which one found them last, also in their past: a row that stood on when a run no
-- longer found its alert becomes two.
ALTER TABLE gold.alerts ADD COLUMN gone_run_id bigint REFERENCES aml.runs;
ALTER TABLE history.gold_alerts ADD COLUMN gone_run_id bigint;
ALTER TABLE gold.alerts DISABLE TRIGGER USER;
INSERT INTO history.gold_alerts (alert_id, scenario, version, typology, subject_kind, subject, score, severity, amount, currency,
                                 first_activity_at, last_activity_at, explanation, evidence, first_run_id, last_run_id, model,
                                 model_version, gone_run_id, valid_from, valid_until)
SELECT h.alert_id, h.scenario, h.version, h.typology, h.subject_kind, h.subject, h.score, h.severity, h.amount, h.currency,
       h.first_activity_at, h.last_activity_at, h.explanation, h.evidence, h.first_run_id, h.last_run_id, h.model, h.model_version,
       s.next_run_id, s.next_version, h.valid_until
FROM history.gold_alerts h
JOIN scenario_run s ON s.scenario = h.scenario AND s.run_id = h.last_run_id
WHERE s.next_version > h.valid_from AND s.next_version < h.valid_until;
UPDATE history.gold_alerts h SET valid_until = s.next_version
FROM scenario_run s
WHERE s.scenario = h.scenario AND s.run_id = h.last_run_id AND s.next_version > h.valid_from AND s.next_version < h.valid_until;
UPDATE history.gold_alerts h SET gone_run_id = s.next_run_id
FROM scenario_run s
WHERE s.scenario = h.scenario AND s.run_id = h.last_run_id AND s.next_version <= h.valid_from;
INSERT INTO history.gold_alerts (alert_id, scenario, version, typology, subject_kind, subject, score, severity, amount, currency,
                                 first_activity_at, last_activity_at, explanation, evidence, first_run_id, last_run_id, model,
                                 model_version, valid_from, valid_until)
SELECT a.alert_id, a.scenario, a.version, a.typology, a.subject_kind, a.subject, a.score, a.severity, a.amount, a.currency,
       a.first_activity_at, a.last_activity_at, a.explanation, a.evidence, a.first_run_id, a.last_run_id, a.model, a.model_version,
       a.valid_from, s.next_version
FROM gold.alerts a
JOIN scenario_run s ON s.scenario = a.scenario AND s.run_id = a.last_run_id
WHERE s.next_version > a.valid_from;
UPDATE gold.alerts a SET gone_run_id = s.next_run_id, valid_from = greatest(a.valid_from, s.next_version)
FROM scenario_run s
WHERE s.scenario = a.scenario AND s.run_id = a.last_run_id AND s.next_run_id IS NOT NULL;
ALTER TABLE gold.alerts ENABLE TRIGGER USER;

-- What is in force of each scenario; its newest run is known from its periods.
ALTER TABLE gold.scenario_runs RENAME TO scenarios;
ALTER INDEX gold.scenario_runs_pkey RENAME TO scenarios_pkey;
ALTER TABLE history.gold_scenario_runs RENAME TO gold_scenarios;
ALTER INDEX history.gold_scenario_runs_version RENAME TO gold_scenarios_version;
ALTER INDEX history.gold_scenario_runs_key RENAME TO gold_scenarios_key;
COMMENT ON TABLE gold.scenarios IS 'The scenarios as their newest run had them. One row a scenario that was ever run.';
COMMENT ON COLUMN gold.scenarios.version IS 'Its version in its newest run.';

CREATE VIEW gold.scenario_runs AS
SELECT s.scenario, s.version, s.title, s.typology, newest.run_id AS last_run_id, s.valid_from
FROM gold.scenarios s
CROSS JOIN LATERAL (SELECT p.from_run_id, p.until_run_id FROM gold.scenario_periods p
                    WHERE p.scenario = s.scenario
                    ORDER BY p.from_run_id DESC LIMIT 1) period
CROSS JOIN LATERAL (SELECT r.run_id FROM aml.runs r
                    WHERE r.version IS NOT NULL AND r.run_id >= period.from_run_id
                      AND (period.until_run_id IS NULL OR r.run_id < period.until_run_id)
                    ORDER BY r.run_id DESC LIMIT 1) newest;
COMMENT ON VIEW gold.scenario_runs IS 'The newest run that executed each scenario. One row a scenario.';
COMMENT ON COLUMN gold.scenario_runs.scenario IS 'Id of the scenario.';
COMMENT ON COLUMN gold.scenario_runs.version IS 'Its version in that run.';
COMMENT ON COLUMN gold.scenario_runs.title IS 'Its name for people.';
COMMENT ON COLUMN gold.scenario_runs.typology IS 'Laundering pattern it looks for, see gold.typologies.';
COMMENT ON COLUMN gold.scenario_runs.last_run_id IS 'Its newest run, see aml.runs.';
COMMENT ON COLUMN gold.scenario_runs.valid_from IS 'Version since which version, title and typology are these, see aml.versions.';

CREATE VIEW gold.run_results AS
SELECT r.run_id, s.scenario, p.version, p.alerts, CASE r.run_id WHEN p.from_run_id THEN p.added ELSE 0 END AS added,
       CASE r.run_id WHEN p.from_run_id THEN p.gone ELSE 0 END AS gone, p.model, p.model_version, r.version AS valid_from
FROM aml.runs r
CROSS JOIN gold.scenarios s
CROSS JOIN LATERAL (SELECT * FROM gold.scenario_periods p
                    WHERE p.scenario = s.scenario AND p.from_run_id <= r.run_id
                    ORDER BY p.from_run_id DESC LIMIT 1) p
WHERE r.version IS NOT NULL AND (p.until_run_id IS NULL OR r.run_id < p.until_run_id);
COMMENT ON VIEW gold.run_results IS 'What each run found. One row for each run and scenario.';
COMMENT ON COLUMN gold.run_results.run_id IS 'Run, see aml.runs.';
COMMENT ON COLUMN gold.run_results.scenario IS 'Id of the scenario.';
COMMENT ON COLUMN gold.run_results.version IS 'Version of the scenario in this run.';
COMMENT ON COLUMN gold.run_results.alerts IS 'Alerts that the run found.';
COMMENT ON COLUMN gold.run_results.added IS 'Of them, those that no run before had found.';
COMMENT ON COLUMN gold.run_results.gone IS 'Alerts that the run before it found and this one did not.';
COMMENT ON COLUMN gold.run_results.model IS 'Model that scored; null if none did.';
COMMENT ON COLUMN gold.run_results.model_version IS 'Its version, see aml.model_versions; null if no model scored.';
COMMENT ON COLUMN gold.run_results.valid_from IS 'Version that the run made, see aml.versions.';

CREATE VIEW gold.run_alerts AS
SELECT g.run_id, p.alert_id, p.version, p.score, p.severity, g.valid_from
FROM gold.run_results g
JOIN gold.alerts a ON a.scenario = g.scenario
JOIN gold.alert_periods p ON p.alert_id = a.alert_id AND p.from_run_id <= g.run_id AND (p.until_run_id IS NULL OR p.until_run_id > g.run_id);
COMMENT ON VIEW gold.run_alerts IS 'The alerts that each run found. One row for each run and alert.';
COMMENT ON COLUMN gold.run_alerts.run_id IS 'Run, see aml.runs.';
COMMENT ON COLUMN gold.run_alerts.alert_id IS 'Alert, see gold.alerts, where it stands as the newest run that found it left it.';
COMMENT ON COLUMN gold.run_alerts.version IS 'Version of the scenario in that run.';
COMMENT ON COLUMN gold.run_alerts.score IS 'Its score in that run.';
COMMENT ON COLUMN gold.run_alerts.severity IS 'Its severity in that run.';
COMMENT ON COLUMN gold.run_alerts.valid_from IS 'Version that the run made, see aml.versions.';

CREATE OR REPLACE VIEW gold.current_alerts AS
SELECT a.alert_id, a.scenario, s.title, a.version, a.typology, a.subject_kind, a.subject,
       p.party_id AS subject_party_id, p.name AS subject_name, a.score, a.severity, a.amount, a.currency,
       a.first_activity_at, a.last_activity_at,
       (a.first_activity_at AT TIME ZONE 'UTC')::date AS first_activity_date,
       (a.last_activity_at AT TIME ZONE 'UTC')::date AS last_activity_date,
       a.explanation, a.evidence, a.first_run_id, s.last_run_id, a.first_run_id = s.last_run_id AS is_new,
       a.model, a.model_version
FROM gold.alerts a
JOIN gold.scenario_runs s ON s.scenario = a.scenario
LEFT JOIN silver.accounts acc ON a.subject_kind = 'account' AND acc.account_id = a.subject
LEFT JOIN silver.parties p ON p.party_id = CASE a.subject_kind WHEN 'party' THEN a.subject ELSE acc.party_id END
WHERE a.gone_run_id IS NULL;
COMMENT ON COLUMN gold.current_alerts.last_run_id IS 'Latest run that found it, which is the newest of its scenario, see aml.runs.';

-- last_run_id of an alert that is gone: the newest run of its scenario before the one that no longer found it.
CREATE OR REPLACE VIEW aml.run_findings AS
SELECT g.run_id, 0::bigint AS backtest_run_id, a.alert_id, a.scenario, s.title, f.version, a.typology, a.subject_kind, a.subject,
       f.score, f.severity, a.amount, a.currency, a.first_activity_at, a.last_activity_at, a.explanation, a.first_run_id,
       CASE WHEN a.gone_run_id IS NULL THEN s.last_run_id
            ELSE (SELECT max(r.run_id) FROM aml.runs r
                  WHERE r.version IS NOT NULL
                    AND r.run_id < (SELECT least(p.until_run_id, a.gone_run_id) FROM gold.scenario_periods p
                                    WHERE p.scenario = a.scenario AND p.from_run_id < a.gone_run_id
                                    ORDER BY p.from_run_id DESC LIMIT 1)) END AS last_run_id,
       g.run_id = s.last_run_id AS is_current, g.model, g.model_version
FROM gold.run_results g
JOIN gold.scenario_runs s ON s.scenario = g.scenario
JOIN gold.alerts a ON a.scenario = g.scenario
JOIN gold.alert_periods f ON f.alert_id = a.alert_id AND f.from_run_id <= g.run_id AND (f.until_run_id IS NULL OR f.until_run_id > g.run_id)
UNION ALL
SELECT f.run_id, f.run_id, f.alert_id, f.scenario, b.title, b.version, b.typology, f.subject_kind, f.subject,
       f.score, f.severity, f.amount, f.currency, f.first_activity_at, f.last_activity_at, f.explanation,
       f.run_id, f.run_id, false, b.model, b.model_version
FROM backtest.findings f
JOIN backtest.results b USING (run_id, scenario);
DROP TABLE gold.replaced_run_alerts, gold.replaced_run_results, history.gold_run_alerts, history.gold_run_results;
ALTER TABLE gold.alerts DROP COLUMN last_run_id;
ALTER TABLE history.gold_alerts DROP COLUMN last_run_id;
ALTER TABLE gold.scenarios DROP COLUMN last_run_id;
ALTER TABLE history.gold_scenarios DROP COLUMN last_run_id;
CREATE INDEX alerts_current ON gold.alerts (scenario) WHERE gone_run_id IS NULL;
COMMENT ON TABLE gold.alerts IS 'One row for each finding, kept across runs. What the newest run of a scenario no longer finds stays here with gone_run_id; gold.current_alerts leaves it out.';
COMMENT ON COLUMN gold.alerts.version IS 'Version of the scenario in the latest run that found it.';
COMMENT ON COLUMN gold.alerts.gone_run_id IS 'The run that no longer found it, see aml.runs; null: it is current.';
SELECT aml.keep_history(versioned) FROM unnest(ARRAY['gold.alerts', 'gold.scenarios']::regclass[]) AS versioned;

-- As they were at a version: what the runs until then found.
CREATE FUNCTION gold.run_results_as_of(version bigint) RETURNS SETOF gold.run_results LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT * FROM gold.run_results WHERE valid_from <= (SELECT aml.require_version($1))
$$;
COMMENT ON FUNCTION gold.run_results_as_of(bigint) IS 'gold.run_results as it was at a version.';

CREATE FUNCTION gold.run_alerts_as_of(version bigint) RETURNS SETOF gold.run_alerts LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT * FROM gold.run_alerts WHERE valid_from <= (SELECT aml.require_version($1))
$$;
COMMENT ON FUNCTION gold.run_alerts_as_of(bigint) IS 'gold.run_alerts as it was at a version.';

-- With the rights of the owner: an analyst may see the runs and names that gold shows, and neither aml nor silver, where they stand.
CREATE FUNCTION gold.scenario_runs_as_of(version bigint) RETURNS SETOF gold.scenario_runs LANGUAGE sql STABLE PARALLEL SAFE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT s.scenario, s.version, s.title, s.typology, newest.run_id AS last_run_id, s.valid_from
  FROM gold.scenarios_as_of($1) s
  CROSS JOIN (SELECT r.run_id FROM aml.runs r WHERE r.version <= $1 ORDER BY r.version DESC, r.run_id DESC LIMIT 1) run_then
  CROSS JOIN LATERAL (SELECT p.from_run_id, p.until_run_id FROM gold.scenario_periods p
                      WHERE p.scenario = s.scenario AND p.from_run_id <= run_then.run_id
                      ORDER BY p.from_run_id DESC LIMIT 1) period
  CROSS JOIN LATERAL (SELECT r.run_id FROM aml.runs r
                      WHERE r.version IS NOT NULL AND r.run_id BETWEEN period.from_run_id AND run_then.run_id
                        AND (period.until_run_id IS NULL OR r.run_id < period.until_run_id)
                      ORDER BY r.run_id DESC LIMIT 1) newest
$$;
COMMENT ON FUNCTION gold.scenario_runs_as_of(bigint) IS 'gold.scenario_runs as it was at a version.';

CREATE OR REPLACE FUNCTION gold.current_alerts_as_of(version bigint) RETURNS SETOF gold.current_alerts LANGUAGE sql STABLE PARALLEL SAFE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT a.alert_id, a.scenario, s.title, a.version, a.typology, a.subject_kind, a.subject,
         p.party_id AS subject_party_id, p.name AS subject_name, a.score, a.severity, a.amount, a.currency,
         a.first_activity_at, a.last_activity_at,
         (a.first_activity_at AT TIME ZONE 'UTC')::date AS first_activity_date,
         (a.last_activity_at AT TIME ZONE 'UTC')::date AS last_activity_date,
         a.explanation, a.evidence, a.first_run_id, s.last_run_id, a.first_run_id = s.last_run_id AS is_new,
         a.model, a.model_version
  FROM gold.alerts_as_of($1) a
  JOIN gold.scenario_runs_as_of($1) s ON s.scenario = a.scenario
  LEFT JOIN silver.accounts_as_of($1) acc ON a.subject_kind = 'account' AND acc.account_id = a.subject
  LEFT JOIN silver.parties_as_of($1) p ON p.party_id = CASE a.subject_kind WHEN 'party' THEN a.subject ELSE acc.party_id END
  WHERE a.gone_run_id IS NULL
$$;

-- Of the newest run that found an alert: the one before that which no longer did, or any later one, is late enough.
CREATE OR REPLACE FUNCTION aml.kept_by_law_until(account_keys text[], party_keys text[]) RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT greatest(
    (SELECT max(booked_at) FROM silver.transfers WHERE from_account_id = ANY (account_keys) OR to_account_id = ANY (account_keys)),
    (SELECT max(coalesce(ended.started_at, (SELECT max(started_at) FROM aml.runs WHERE version IS NOT NULL)))
     FROM gold.alert_entities entity
     JOIN gold.alert_periods period USING (alert_id)
     LEFT JOIN aml.runs ended ON ended.run_id = period.until_run_id
     WHERE entity_id = ANY (CASE entity_kind WHEN 'account' THEN account_keys ELSE party_keys END))
  ) + make_interval(years => aml.retention_years())
$$;

DELETE FROM aml.personal_columns WHERE table_name IN ('gold.scenario_runs', 'gold.run_results', 'gold.run_alerts');
INSERT INTO aml.personal_columns (table_name, column_name, holds)
SELECT table_name, unnest(columns::text[]), 'nothing'
FROM (VALUES ('gold.scenarios', '{scenario,title,typology}'), ('gold.scenario_periods', '{scenario,model}'),
             ('gold.alert_periods', '{alert_id,severity}'), ('aml.runs', '{kind}')) AS classified (table_name, columns);

REVOKE ALL ON FUNCTION gold.scenario_runs_as_of(bigint) FROM PUBLIC;
UPDATE aml.access_plan SET names = names || '{scenario_runs_as_of}' WHERE 'current_alerts_as_of' = ANY (names);
UPDATE aml.access_plan SET columns = columns || '{kind}' WHERE role = 'aml_auditor' AND names = '{runs}';
