-- As in sql/schema/025_sources.sql.
ALTER TABLE aml.source_rows ADD PRIMARY KEY (row_key, content)
