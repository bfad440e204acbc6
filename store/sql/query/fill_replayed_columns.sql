-- $1 dataset, $2 file_id of a replay. The columns that loads added to silver, for the rows that reached it.
SELECT FROM aml.fill_added_columns($1, $2::bigint, NULL)
