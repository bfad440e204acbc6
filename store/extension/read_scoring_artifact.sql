-- The bytes of a version, and whether they are those that were registered. $1 model, $2 version.
-- Operators are qualified: the search_path may be anybody's.
SELECT v.artifact, pg_catalog.encode(pg_catalog.sha256(v.artifact), 'hex') OPERATOR(pg_catalog.=) v.artifact_sha256 AS is_intact
FROM aml.model_versions v
WHERE v.model OPERATOR(pg_catalog.=) $1 AND v.version OPERATOR(pg_catalog.=) $2
