-- $1 text[]: rows of AMLworld, their values up to Payment Format joined by commas, a bank and its account by a colon. One row for
-- each, in their order: the id of the loaded transfer, null if there is none. The nth of equal rows gets the nth transfer, those
-- that are marked as laundering first. A transfer in quarantine has no id; what stands for it is in no alert.
WITH wanted AS MATERIALIZED (
  SELECT given.key, given.position, row_number() OVER (PARTITION BY given.key ORDER BY given.position) AS nth
  FROM unnest($1::text[]) WITH ORDINALITY AS given (key, position)
), loaded AS MATERIALIZED (
  SELECT written.key, written.file_id, written.line,
         row_number() OVER (PARTITION BY written.key ORDER BY written.is_laundering DESC, written.file_id, written.line) AS nth
  FROM (
    SELECT bronze.file_id, bronze.line, bronze.rescued ->> 'Is Laundering' AS is_laundering,
           bronze.booked_at || ',' || bronze.from_account || ',' || bronze.to_account || ',' || (bronze.rescued ->> 'Amount Received')
           || ',' || (bronze.rescued ->> 'Receiving Currency') || ',' || bronze.amount || ',' || bronze.currency || ',' || bronze.type AS key
    FROM bronze.transfers bronze
    JOIN aml.ingested_files file USING (file_id)
    WHERE file.format = 'amlworld'
  ) AS written
  WHERE written.key IN (SELECT wanted.key FROM wanted)
)
SELECT CASE WHEN loaded.key IS NOT NULL
            THEN coalesce(transfer.transfer_id, 'line ' || loaded.line || ' of file ' || loaded.file_id || ', quarantined') END AS transfer_id
FROM wanted
LEFT JOIN loaded USING (key, nth)
LEFT JOIN silver.transfers transfer USING (file_id, line)
ORDER BY wanted.position
