-- $1 earlier run, $2 later run. Alerts that one of them found and the other did not, or that both found with another score or severity,
-- with what differed between the runs that can be why. Only of scenarios whose findings both runs wrote.
WITH earlier AS (SELECT * FROM aml.run_findings WHERE run_id = $1::bigint),
later AS (SELECT * FROM aml.run_findings WHERE run_id = $2::bigint),
difference AS (
  SELECT coalesce(l.alert_id, e.alert_id) AS alert_id, coalesce(l.scenario, e.scenario) AS scenario,
         coalesce(l.subject_kind, e.subject_kind) AS subject_kind, coalesce(l.subject, e.subject) AS subject,
         coalesce(l.explanation, e.explanation) AS explanation,
         CASE WHEN e.alert_id IS NULL THEN 'came' WHEN l.alert_id IS NULL THEN 'went' ELSE 'changed' END AS change,
         e.severity AS severity_before, l.severity AS severity_after, e.score AS score_before, l.score AS score_after
  FROM earlier e
  FULL JOIN later l ON l.alert_id = e.alert_id
  WHERE e.alert_id IS NULL OR l.alert_id IS NULL OR e.score <> l.score OR e.severity <> l.severity
),
ran AS (
  SELECT run_id, scenario, version, model || ' ' || model_version AS model FROM gold.run_results
  WHERE run_id IN ($1::bigint, $2::bigint)
  UNION ALL
  SELECT run_id, scenario, version, model || ' ' || model_version FROM backtest.results
  WHERE run_id IN ($1::bigint, $2::bigint)
),
step AS (
  SELECT run_id, scenario, parameters, outcome FROM aml.run_steps
  WHERE run_id IN ($1::bigint, $2::bigint) AND scenario IS NOT NULL
)
SELECT d.change, d.alert_id, d.scenario, d.subject_kind, d.subject, d.severity_before, d.severity_after, d.score_before,
       d.score_after,
       concat_ws('; ',
         CASE WHEN ran1.version <> ran2.version THEN format('version %s became %s', ran1.version, ran2.version) END,
         (SELECT 'parameters: ' || string_agg(format('%s %s became %s', key, p1.value, p2.value), ', ' ORDER BY key)
          FROM jsonb_each_text(s1.parameters) p1 FULL JOIN jsonb_each_text(s2.parameters) p2 USING (key)
          WHERE p1.value IS DISTINCT FROM p2.value AND s1.parameters IS NOT NULL AND s2.parameters IS NOT NULL),
         CASE WHEN ran1.model IS DISTINCT FROM ran2.model
              THEN format('model: %s became %s', coalesce(ran1.model, 'one of its own'), coalesce(ran2.model, 'one of its own')) END,
         CASE WHEN 'truncated' IN (s1.outcome, s2.outcome) THEN 'a budget was reached' END,
         CASE WHEN r1.as_of IS DISTINCT FROM r2.as_of
              THEN format('as of: %s became %s', coalesce(gold.iso_time(r1.as_of), 'all data'), coalesce(gold.iso_time(r2.as_of), 'all data')) END,
         CASE WHEN r1.as_of_version IS DISTINCT FROM r2.as_of_version
              THEN format('version of the data: %s became %s', r1.read_version, r2.read_version) END,
         CASE WHEN (r1.last_file_id, r1.transfers) IS DISTINCT FROM (r2.last_file_id, r2.transfers)
              THEN format('data: %s transfers became %s', r1.transfers, r2.transfers) END) AS why,
       d.explanation
FROM difference d
JOIN aml.runs r1 ON r1.run_id = $1::bigint
JOIN aml.runs r2 ON r2.run_id = $2::bigint
JOIN ran ran1 ON ran1.run_id = r1.run_id AND ran1.scenario = d.scenario
JOIN ran ran2 ON ran2.run_id = r2.run_id AND ran2.scenario = d.scenario
LEFT JOIN step s1 ON s1.run_id = r1.run_id AND s1.scenario = d.scenario
LEFT JOIN step s2 ON s2.run_id = r2.run_id AND s2.scenario = d.scenario
ORDER BY d.scenario, array_position(ARRAY['came', 'went', 'changed'], d.change),
         greatest(coalesce(d.score_before, 0), coalesce(d.score_after, 0)) DESC, d.alert_id
