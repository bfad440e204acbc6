-- The version of a model that a reference means. $1 model, $2 version number, production, staging or latest, or an alias; null: production.
-- Operators are qualified: the search_path may be anybody's.
SELECT v.version, v.artifact_sha256
FROM aml.model_versions v
WHERE v.model OPERATOR(pg_catalog.=) $1
  AND v.version OPERATOR(pg_catalog.=) CASE
    WHEN $2::pg_catalog.text IS NULL OR $2::pg_catalog.text OPERATOR(pg_catalog.=) 'production' THEN
      (SELECT o.version FROM aml.model_versions o
       WHERE o.model OPERATOR(pg_catalog.=) $1 AND o.stage OPERATOR(pg_catalog.=) 'Production')
    WHEN $2::pg_catalog.text OPERATOR(pg_catalog.=) 'staging' THEN
      (SELECT pg_catalog.max(o.version) FROM aml.model_versions o
       WHERE o.model OPERATOR(pg_catalog.=) $1 AND o.stage OPERATOR(pg_catalog.=) 'Staging')
    WHEN $2::pg_catalog.text OPERATOR(pg_catalog.=) 'latest' THEN
      (SELECT pg_catalog.max(o.version) FROM aml.model_versions o WHERE o.model OPERATOR(pg_catalog.=) $1)
    WHEN $2::pg_catalog.text OPERATOR(pg_catalog.~) '^[0-9]{1,9}$' THEN $2::pg_catalog.text::pg_catalog.int4
    ELSE
      (SELECT a.version FROM aml.model_aliases a
       WHERE a.model OPERATOR(pg_catalog.=) $1 AND a.alias OPERATOR(pg_catalog.=) $2)
  END
