-- $1 version, $2 exponent of the base currency. The transfers that came since then, in key order; a null or a fraction is what detectors
-- cannot read. They lie in the files of these versions: the index of file_id leads there.
SELECT transfer_id, from_account_id, to_account_id,
       CASE WHEN isfinite(booked_at) THEN (extract(epoch FROM booked_at) * 1000000)::bigint END,
       trim_scale(amount_base * 10::numeric ^ $2::integer)::text, type
FROM silver.transfers
WHERE valid_from > $1 AND file_id >= (SELECT min(file_id) FROM aml.ingested_files WHERE version > $1)
ORDER BY octet_length(transfer_id), transfer_id COLLATE "C"
