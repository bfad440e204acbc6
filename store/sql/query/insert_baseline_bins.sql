-- $1 model, $2 version; of each bin: $3 positions, $4 bins, $5 features, $6 upper ends, $7 rows.
INSERT INTO aml.model_baseline_bins (model, version, position, bin, feature, upper, rows)
SELECT $1, $2::integer, position, bin, feature, upper, rows
FROM unnest($3::integer[], $4::integer[], $5::text[], $6::double precision[], $7::bigint[]) AS b (position, bin, feature, upper, rows)
