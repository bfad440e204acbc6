-- $1 dataset, $2 name in the file, $3 inferred type, $4 file_id. Makes a column of files one of silver; its name there.
SELECT aml.add_column($1, $2, $3, $4::bigint)
