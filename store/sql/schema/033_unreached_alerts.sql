-- A run that ends at a budget has not looked everywhere. What it did not come to is not gone: it stays as the run left it that found it last.
ALTER TABLE gold.alerts ADD COLUMN found_until_run_id bigint REFERENCES aml.runs;
COMMENT ON COLUMN gold.alerts.found_until_run_id IS 'The latest run that found it, if those of its scenario since then ended at a budget and did not come to it; null: every run of the scenario found it until it was gone.';
CREATE INDEX alerts_unreached ON gold.alerts (scenario) WHERE found_until_run_id IS NOT NULL AND gone_run_id IS NULL;
COMMENT ON COLUMN gold.alerts.gone_run_id IS 'The run that looked everywhere and no longer found it, see aml.runs; null: it is current.';
COMMENT ON COLUMN gold.alert_periods.until_run_id IS 'The first run of the scenario after it that did not find the alert, or not all of it, or with another score or severity or in another version; null: none yet.';
SELECT aml.keep_history('gold.alerts');

CREATE OR REPLACE VIEW gold.current_alerts AS
SELECT a.alert_id, a.scenario, s.title, a.version, a.typology, a.subject_kind, a.subject,
       p.party_id AS subject_party_id, p.name AS subject_name, a.score, a.severity, a.amount, a.currency,
       a.first_activity_at, a.last_activity_at,
       (a.first_activity_at AT TIME ZONE 'UTC')::date AS first_activity_date,
       (a.last_activity_at AT TIME ZONE 'UTC')::date AS last_activity_date,
       a.explanation, a.evidence, a.first_run_id, coalesce(a.found_until_run_id, s.last_run_id) AS last_run_id,
       a.first_run_id = s.last_run_id AS is_new, a.model, a.model_version, a.found_until_run_id IS NOT NULL AS is_unreached
FROM gold.alerts a
JOIN gold.scenario_runs s ON s.scenario = a.scenario
LEFT JOIN silver.accounts acc ON a.subject_kind = 'account' AND acc.account_id = a.subject
LEFT JOIN silver.parties p ON p.party_id = CASE a.subject_kind WHEN 'party' THEN a.subject ELSE acc.party_id END
WHERE a.gone_run_id IS NULL;
COMMENT ON VIEW gold.current_alerts IS 'The alerts that the newest run of their scenario found or did not come to. One row an alert.';
COMMENT ON COLUMN gold.current_alerts.last_run_id IS 'Latest run that found it: the newest of its scenario, unless is_unreached. See aml.runs.';
COMMENT ON COLUMN gold.current_alerts.is_unreached IS 'True if the runs of its scenario after last_run_id ended at a budget before they came to it, or saw a part of it only: it stands as last_run_id left it.';

CREATE OR REPLACE FUNCTION gold.current_alerts_as_of(version bigint) RETURNS SETOF gold.current_alerts LANGUAGE sql STABLE PARALLEL SAFE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT a.alert_id, a.scenario, s.title, a.version, a.typology, a.subject_kind, a.subject,
         p.party_id AS subject_party_id, p.name AS subject_name, a.score, a.severity, a.amount, a.currency,
         a.first_activity_at, a.last_activity_at,
         (a.first_activity_at AT TIME ZONE 'UTC')::date AS first_activity_date,
         (a.last_activity_at AT TIME ZONE 'UTC')::date AS last_activity_date,
         a.explanation, a.evidence, a.first_run_id, coalesce(a.found_until_run_id, s.last_run_id) AS last_run_id,
         a.first_run_id = s.last_run_id AS is_new, a.model, a.model_version, a.found_until_run_id IS NOT NULL AS is_unreached
  FROM gold.alerts_as_of($1) a
  JOIN gold.scenario_runs_as_of($1) s ON s.scenario = a.scenario
  LEFT JOIN silver.accounts_as_of($1) acc ON a.subject_kind = 'account' AND acc.account_id = a.subject
  LEFT JOIN silver.parties_as_of($1) p ON p.party_id = CASE a.subject_kind WHEN 'party' THEN a.subject ELSE acc.party_id END
  WHERE a.gone_run_id IS NULL
$$;

-- Incremental runs have no step for each scenario: they never end at a budget.
CREATE OR REPLACE VIEW gold.run_results AS
SELECT r.run_id, s.scenario, p.version, p.alerts, CASE r.run_id WHEN p.from_run_id THEN p.added ELSE 0 END AS added,
       CASE r.run_id WHEN p.from_run_id THEN p.gone ELSE 0 END AS gone, p.model, p.model_version, r.version AS valid_from,
       EXISTS (SELECT FROM aml.run_steps t WHERE t.run_id = r.run_id AND t.scenario = s.scenario AND t.outcome = 'truncated') AS is_truncated
FROM aml.runs r
CROSS JOIN gold.scenarios s
CROSS JOIN LATERAL (SELECT * FROM gold.scenario_periods p
                    WHERE p.scenario = s.scenario AND p.from_run_id <= r.run_id
                    ORDER BY p.from_run_id DESC LIMIT 1) p
WHERE r.version IS NOT NULL AND (p.until_run_id IS NULL OR r.run_id < p.until_run_id);
COMMENT ON COLUMN gold.run_results.gone IS 'Alerts that were current before the run and that it did not find; if is_truncated, of those only what it came to.';
COMMENT ON COLUMN gold.run_results.is_truncated IS 'True if the run ended at a budget of the scenario: alerts may be missing, and what it did not come to is not gone.';

-- last_run_id of an alert that is gone: the newest run of its scenario before the one that no longer found it, unless budgets ended runs before.
CREATE OR REPLACE VIEW aml.run_findings AS
SELECT g.run_id, 0::bigint AS backtest_run_id, a.alert_id, a.scenario, s.title, f.version, a.typology, a.subject_kind, a.subject,
       f.score, f.severity, a.amount, a.currency, a.first_activity_at, a.last_activity_at, a.explanation, a.first_run_id,
       coalesce(a.found_until_run_id,
                CASE WHEN a.gone_run_id IS NULL THEN s.last_run_id
                     ELSE (SELECT max(r.run_id) FROM aml.runs r
                           WHERE r.version IS NOT NULL
                             AND r.run_id < (SELECT least(p.until_run_id, a.gone_run_id) FROM gold.scenario_periods p
                                             WHERE p.scenario = a.scenario AND p.from_run_id < a.gone_run_id
                                             ORDER BY p.from_run_id DESC LIMIT 1)) END) AS last_run_id,
       a.gone_run_id IS NULL AND g.run_id = coalesce(a.found_until_run_id, s.last_run_id) AS is_current, g.model, g.model_version
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

-- Of the newest run that found an alert, or left it current: the one that no longer did, or any later one, is late enough.
CREATE OR REPLACE FUNCTION aml.kept_by_law_until(account_keys text[], party_keys text[]) RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT greatest(
    (SELECT max(booked_at) FROM silver.transfers WHERE from_account_id = ANY (account_keys) OR to_account_id = ANY (account_keys)),
    (SELECT max(coalesce(gone.started_at, (SELECT max(started_at) FROM aml.runs WHERE version IS NOT NULL)))
     FROM gold.alert_entities entity
     JOIN gold.alerts alert USING (alert_id)
     LEFT JOIN aml.runs gone ON gone.run_id = alert.gone_run_id
     WHERE entity_id = ANY (CASE entity_kind WHEN 'account' THEN account_keys ELSE party_keys END))
  ) + make_interval(years => aml.retention_years())
$$;
