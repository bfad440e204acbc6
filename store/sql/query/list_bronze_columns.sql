-- $1 dataset. The columns of its bronze table that a person can correct, in their order.
SELECT attname
FROM pg_attribute
WHERE attrelid = format('bronze.%I', $1::text)::regclass AND attnum > 0 AND NOT attisdropped AND attname NOT IN ('file_id', 'line', 'rescued')
ORDER BY attnum
