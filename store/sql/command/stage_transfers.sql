-- Their transfers.
CREATE TEMPORARY TABLE staged_transfers (
  alert_id    text NOT NULL,
  step        integer NOT NULL,
  transfer_id text NOT NULL,
  role        text NOT NULL,
  branch      integer NOT NULL
) ON COMMIT DROP
