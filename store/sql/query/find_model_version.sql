-- $1 model, $2 which: a number, latest, production, staging (the newest) or an alias. Its number, if there is one.
SELECT version FROM aml.model_versions v
WHERE model = $1
  AND CASE WHEN $2 ~ '^[0-9]{1,9}$' THEN version = $2::integer
           WHEN $2 = 'latest' THEN true
           WHEN $2 IN ('production', 'staging') THEN stage = initcap($2)
           ELSE version = (SELECT a.version FROM aml.model_aliases a WHERE a.model = $1 AND a.alias = $2) END
ORDER BY version DESC
LIMIT 1
