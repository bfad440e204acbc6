-- No parameters. Whether nothing can be written: the server is a standby, or the role or the database only read.
SELECT current_setting('transaction_read_only')::boolean
