-- $1 text: a time. For the transaction at work: what sql/copy/snapshot_transfers_until.sql and snapshot_transfers_as_of.sql read.
SELECT set_config('aml.as_of', $1, true)
