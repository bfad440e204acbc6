-- $1 bigint: run; $2 text: snapshot; $3 bigint: last file or null; $4, $5, $6 bigint: accounts, parties, transfers; $7 bigint: version.
UPDATE aml.runs SET snapshot = $2, last_file_id = $3, accounts = $4, parties = $5, transfers = $6, read_version = $7
WHERE run_id = $1
