-- Rows that a source gave, by their hashes.
COPY aml.source_rows (row_key, content, file_id) FROM STDIN
