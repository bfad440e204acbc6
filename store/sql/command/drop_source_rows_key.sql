-- For the first rows of a source, if it gives many: a key that is built once costs a part of what it costs row by row.
ALTER TABLE aml.source_rows DROP CONSTRAINT source_rows_pkey
