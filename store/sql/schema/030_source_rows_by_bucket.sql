-- Rows that come together are remembered side by side. Hashes alone scatter them over the whole key, so that each new row writes a page of its
-- own.
ALTER TABLE aml.source_rows ADD COLUMN bucket integer NOT NULL DEFAULT 0;
ALTER TABLE aml.source_rows ALTER COLUMN bucket DROP DEFAULT, DROP CONSTRAINT source_rows_pkey, ADD PRIMARY KEY (bucket, row_key, content);
COMMENT ON COLUMN aml.source_rows.bucket IS 'Hash of the source and the key of the row without its last three characters, which is mostly that of the rows before and after it. 0: the row was remembered before there were buckets.';
