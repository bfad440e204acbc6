-- Rows that a source gave, by their hashes.
COPY aml.source_rows (bucket, row_key, content, file_id) FROM STDIN (FORMAT binary)
