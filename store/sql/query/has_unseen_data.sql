-- $1 text[]: scenarios; $2 bigint: a version. Whether silver has changed since that version and since the oldest one that the newest run of one of
-- the scenarios read, -1 if one of them never ran.
SELECT EXISTS (
  SELECT FROM aml.version_tables
  WHERE table_name LIKE 'silver.%'
    AND version > greatest($2::bigint, (SELECT min(CASE WHEN r.run_id IS NULL THEN -1 ELSE coalesce(r.read_version, 0) END)
                                        FROM unnest($1::text[]) AS asked (scenario)
                                        LEFT JOIN gold.scenario_runs s USING (scenario)
                                        LEFT JOIN aml.runs r ON r.run_id = s.last_run_id)))
