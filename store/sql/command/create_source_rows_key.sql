-- As in sql/schema/030_source_rows_by_bucket.sql.
ALTER TABLE aml.source_rows ADD PRIMARY KEY (bucket, row_key, content)
