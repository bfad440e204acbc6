-- $1 file_id, $2 what is totalled, $3 the totals as decimals. What the control file beside a file says.
INSERT INTO aml.control_totals (file_id, total, value)
SELECT $1, total, value::numeric FROM unnest($2::text[], $3::text[]) AS stated (total, value)
