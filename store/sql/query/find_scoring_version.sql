-- The version of a model that a reference means. $1 model, $2 its version number or an alias; null: the version in production.
-- Operators are qualified: the search_path may be anybody's.
SELECT v.version, v.artifact_sha256
FROM aml.model_versions v
WHERE v.model OPERATOR(pg_catalog.=) $1
  AND v.version OPERATOR(pg_catalog.=) CASE
    WHEN $2::pg_catalog.text IS NULL THEN
      (SELECT p.version FROM aml.model_versions p
       WHERE p.model OPERATOR(pg_catalog.=) $1 AND p.stage OPERATOR(pg_catalog.=) 'Production')
    WHEN $2::pg_catalog.text OPERATOR(pg_catalog.~) '^[0-9]{1,9}$' THEN $2::pg_catalog.text::pg_catalog.int4
    ELSE
      (SELECT a.version FROM aml.model_aliases a
       WHERE a.model OPERATOR(pg_catalog.=) $1 AND a.alias OPERATOR(pg_catalog.=) $2)
  END
