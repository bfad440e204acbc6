-- $1 dataset. Columns that loads added to silver, by their names in files.
SELECT source_name FROM aml.added_columns WHERE dataset = $1
