-- $1 model, $2 version. What its newest run measured, for each scenario that scores with it.
SELECT run_id, scenario, feature, rows, psi, ks, ks_p, level
FROM aml.model_drift d
WHERE model = $1 AND version = $2::integer
  AND run_id = (SELECT max(run_id) FROM aml.model_drift n
                WHERE n.model = d.model AND n.version = d.version AND n.scenario = d.scenario)
ORDER BY scenario, position
