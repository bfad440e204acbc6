-- No parameters. Whether silver holds any transfer.
SELECT EXISTS (SELECT FROM silver.transfers)
