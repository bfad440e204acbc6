-- $1 run; $2 text[]: scenarios; $3 bigint[]: of each, alerts that came, new or found again; $4 bigint[]: alerts that went; $5 bigint[]: all that it
-- found, or empty. The run has another outcome of some of them than the runs before it.
UPDATE gold.scenario_periods p SET until_run_id = $1::bigint, valid_from = DEFAULT
FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::bigint[]) AS c (scenario, came, went, found)
JOIN pg_temp.staged_scenarios s USING (scenario)
WHERE p.scenario = s.scenario AND p.until_run_id IS NULL
  AND (c.came > 0 OR c.went > 0 OR p.alerts <> c.found OR (p.version, p.model, p.model_version) IS DISTINCT FROM (s.version, s.model, s.model_version))
