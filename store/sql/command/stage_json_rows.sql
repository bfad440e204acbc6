-- The rows of a file of JSON lines while they are held against expectations.
CREATE TEMPORARY TABLE json_rows (line bigint NOT NULL, "row" jsonb NOT NULL) ON COMMIT DROP
