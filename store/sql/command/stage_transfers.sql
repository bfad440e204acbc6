-- The transfers of the findings.
CREATE TEMPORARY TABLE IF NOT EXISTS staged_transfers (
  alert_id    text NOT NULL,
  step        integer NOT NULL,
  transfer_id text NOT NULL,
  role        text NOT NULL,
  branch      integer NOT NULL
) ON COMMIT DELETE ROWS
