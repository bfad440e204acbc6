-- $1 run; $2 text[]: the scenarios whose findings it wrote. The others it did not run, or they failed.
UPDATE gold.scenario_periods SET until_run_id = $1::bigint, valid_from = DEFAULT
WHERE until_run_id IS NULL AND scenario <> ALL ($2::text[])
