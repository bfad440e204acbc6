-- $1 run, $2 labels_sha256, $3 labels, $4 jsonb: an array of {typology, level, labelled, found, flagged, right_flags}. Measured again,
-- the newer figures stand.
INSERT INTO aml.evaluations (run_id, labels_sha256, labels, typology, level, labelled, found, flagged, right_flags)
SELECT $1, $2, $3, q.typology, q.level, q.labelled, q.found, q.flagged, q.right_flags
FROM jsonb_to_recordset($4::jsonb)
       AS q(typology text, level text, labelled bigint, found bigint, flagged bigint, right_flags bigint)
ON CONFLICT (run_id, labels_sha256, typology, level) DO UPDATE
SET labels = excluded.labels, labelled = excluded.labelled, found = excluded.found, flagged = excluded.flagged,
    right_flags = excluded.right_flags, evaluated_at = now()
