-- $1 dataset, $2 file_id, $3 columns of the file as they stand in rescued. Fills the columns that loads added to silver; how many values
-- do not fit the type of their column, by column.
SELECT column_name, misfits FROM aml.fill_added_columns($1, $2::bigint, $3::text[])
