-- $1 run, $2 scenario, $3 model, $4 version, $5 rows; of each measure: $6 positions, $7 features, $8 psi, $9 ks, $10 its p, $11 levels.
INSERT INTO aml.model_drift (run_id, scenario, model, version, rows, position, feature, psi, ks, ks_p, level)
SELECT $1::bigint, $2, $3, $4::integer, $5::bigint, position, feature, psi, ks, ks_p, level
FROM unnest($6::integer[], $7::text[], $8::double precision[], $9::double precision[], $10::double precision[], $11::text[])
  AS d (position, feature, psi, ks, ks_p, level)
