-- $1 model or null for all, $2 version or null for all. By model, newest version first.
SELECT v.model, v.version, v.stage, v.stage_reason, v.signature, v.artifact_sha256, octet_length(v.artifact) AS artifact_bytes,
       gold.iso_time(v.created_at) AS created_at, v.created_by,
       ARRAY(SELECT a.alias FROM aml.model_aliases a WHERE a.model = v.model AND a.version = v.version ORDER BY a.alias) AS aliases,
       t.training_run, t.experiment, t.status, gold.iso_time(t.started_at) AS started_at, gold.iso_time(t.finished_at) AS finished_at,
       t.started_by, t.program_version, t.run_id, t.source, t.snapshot, t.last_file_id, gold.iso_time(t.window_from) AS window_from,
       gold.iso_time(t.window_until) AS window_until, t.rows, t.data_sha256, t.parameters
FROM aml.model_versions v
LEFT JOIN aml.training_runs t USING (training_run)
WHERE v.model = coalesce($1, v.model) AND v.version = coalesce($2::integer, v.version)
ORDER BY v.model, v.version DESC
