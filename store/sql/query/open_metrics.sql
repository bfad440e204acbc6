-- No parameters. The state of this database in OpenMetrics text format 1.0, a line a row; the time of the last success first. No figure
-- names an account, a party or an amount.
WITH last_run AS (
  SELECT * FROM aml.runs
  WHERE purpose = 'production' AND status IN ('succeeded', 'failed') AND kind = 'full'
  ORDER BY run_id DESC
  LIMIT 1
),
loaded AS (
  SELECT dataset, count(*) AS files, sum(rows_loaded) AS rows_loaded, sum(rows_quarantined) AS rows_quarantined, sum(rows_of_erased) AS rows_of_erased
  FROM aml.ingested_files
  GROUP BY dataset
),
family (position, name, type, unit, help) AS (VALUES
  (1, 'aml_last_success_timestamp_seconds', 'gauge', 'seconds', 'When the last load and the last run that succeeded ended, in seconds since 1970.'),
  (2, 'aml_last_run_succeeded', 'gauge', '', '1 if the newest run over all data succeeded, 0 if a scenario failed in it.'),
  (3, 'aml_last_run_duration_seconds', 'gauge', 'seconds', 'How long the newest run over all data took.'),
  (4, 'aml_last_run_step_duration_seconds', 'gauge', 'seconds', 'How long each of its steps took.'),
  (5, 'aml_last_run_peak_memory_bytes', 'gauge', 'bytes', 'The most memory it held.'),
  (6, 'aml_last_run_transfers', 'gauge', '', 'Transfers that the newest run knew.'),
  (7, 'aml_last_run_truncated_steps', 'gauge', '', 'Steps of it that ended at a budget: their findings are not all there are.'),
  (8, 'aml_runs', 'counter', '', 'Runs by how they ended; backtests are not counted.'),
  (9, 'aml_alerts', 'gauge', '', 'Current alerts.'),
  (10, 'aml_new_alerts', 'counter', '', 'Alerts that a run found and none before it.'),
  (11, 'aml_loads', 'counter', '', 'Files loaded.'),
  (12, 'aml_rows_loaded', 'counter', '', 'Rows that reached silver.'),
  (13, 'aml_rows_quarantined', 'counter', '', 'Rows that went to quarantine.'),
  (14, 'aml_rows_of_erased', 'counter', '', 'Rows that name somebody whose data were erased, and came in under the pseudonym.'),
  (15, 'aml_unseen_versions', 'gauge', '', 'Changes of silver since the version that the newest run read.'),
  (16, 'aml_unreached_alerts', 'gauge', '', 'Current alerts that the newest run of their scenario did not come to, because it ended at a budget.'),
  (17, 'aml_source_lag', 'gauge', '', 'Messages that lay unread in each partition of a topic when it was last looked at.')
),
sample (name, labels, value) AS (
  SELECT 'aml_last_success_timestamp_seconds', '{"operation": "run"}'::jsonb,
         (SELECT extract(epoch FROM finished_at)::double precision FROM aml.runs
          WHERE purpose = 'production' AND status = 'succeeded' ORDER BY run_id DESC LIMIT 1)
  UNION ALL
  SELECT 'aml_last_success_timestamp_seconds', '{"operation": "load"}',
         (SELECT extract(epoch FROM loaded_at) FROM aml.ingested_files ORDER BY file_id DESC LIMIT 1)
  UNION ALL
  SELECT 'aml_last_run_succeeded', '{}', (status = 'succeeded')::integer FROM last_run
  UNION ALL
  SELECT 'aml_last_run_duration_seconds', '{}', extract(epoch FROM finished_at - started_at) FROM last_run
  UNION ALL
  SELECT 'aml_last_run_step_duration_seconds', jsonb_build_object('step', s.name), sum(s.seconds)
  FROM last_run JOIN aml.run_steps s USING (run_id) GROUP BY s.name
  UNION ALL
  SELECT 'aml_last_run_peak_memory_bytes', '{}', peak_memory_bytes FROM last_run
  UNION ALL
  SELECT 'aml_last_run_transfers', '{}', transfers
  FROM (SELECT transfers FROM aml.runs WHERE purpose = 'production' AND version IS NOT NULL ORDER BY run_id DESC LIMIT 1) newest
  UNION ALL
  SELECT 'aml_last_run_truncated_steps', '{}', count(s.step) FILTER (WHERE s.outcome = 'truncated')
  FROM last_run LEFT JOIN aml.run_steps s USING (run_id) GROUP BY run_id
  UNION ALL
  SELECT 'aml_runs', jsonb_build_object('status', ending), coalesce(runs, 0)
  FROM unnest(ARRAY['succeeded', 'failed', 'interrupted', 'died']) AS ending
  LEFT JOIN (SELECT status, count(*) AS runs FROM aml.runs WHERE purpose = 'production' GROUP BY status) ended ON status = ending
  UNION ALL
  SELECT 'aml_alerts', jsonb_build_object('scenario', s.scenario, 'severity', grade), count(a.alert_id)
  FROM gold.scenario_runs s
  CROSS JOIN unnest(ARRAY['high', 'medium', 'low']) AS grade
  LEFT JOIN gold.current_alerts a ON a.scenario = s.scenario AND a.severity = grade
  GROUP BY s.scenario, grade
  UNION ALL
  SELECT 'aml_unreached_alerts', jsonb_build_object('scenario', s.scenario), count(a.alert_id)
  FROM gold.scenarios s
  LEFT JOIN gold.alerts a ON a.scenario = s.scenario AND a.found_until_run_id IS NOT NULL AND a.gone_run_id IS NULL
  GROUP BY s.scenario
  UNION ALL
  SELECT 'aml_new_alerts', jsonb_build_object('scenario', scenario), count(*) FROM gold.alerts GROUP BY scenario
  UNION ALL
  SELECT 'aml_loads', jsonb_build_object('dataset', d), coalesce(files, 0) FROM unnest(ARRAY['fx_rates', 'parties', 'accounts', 'transfers']) AS d
  LEFT JOIN loaded ON dataset = d
  UNION ALL
  SELECT 'aml_rows_loaded', jsonb_build_object('dataset', dataset), rows_loaded FROM loaded
  UNION ALL
  SELECT 'aml_rows_quarantined', jsonb_build_object('dataset', dataset), rows_quarantined FROM loaded
  UNION ALL
  SELECT 'aml_rows_of_erased', jsonb_build_object('dataset', dataset), rows_of_erased FROM loaded
  UNION ALL
  SELECT 'aml_unseen_versions', '{}', count(*) FROM aml.unseen_versions
  UNION ALL
  SELECT 'aml_source_lag', jsonb_build_object('source', source, 'partition', part), lag FROM aml.source_positions
),
labelled AS (
  SELECT f.position, f.name, f.type, s.value,
         coalesce((SELECT '{' || string_agg(format('%s="%s"', key, replace(replace(replace(value, '\', '\\'), '"', '\"'), E'\n', '\n')), ',' ORDER BY key) || '}'
                   FROM jsonb_each_text(s.labels)), '') AS labels
  FROM family f JOIN sample s USING (name)
  WHERE s.value IS NOT NULL
),
line (position, part, labels, text) AS (
  SELECT position, 1, '', format('# TYPE %s %s', name, type) FROM family
  UNION ALL
  SELECT position, 2, '', format('# UNIT %s %s', name, unit) FROM family WHERE unit <> ''
  UNION ALL
  SELECT position, 3, '', format('# HELP %s %s', name, help) FROM family
  UNION ALL
  SELECT position, 4, labels, format('%s%s%s %s', name, CASE type WHEN 'counter' THEN '_total' ELSE '' END, labels, value) FROM labelled
  UNION ALL
  SELECT 1000000, 0, '', '# EOF'
)
SELECT text FROM line ORDER BY position, part, labels COLLATE "C"
