-- $1 name, with its schema or without. The tables of that name that keep their history.
SELECT table_name FROM aml.versioned_tables WHERE $1 IN (table_name, split_part(table_name, '.', 2)) ORDER BY table_name
