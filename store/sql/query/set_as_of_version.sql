-- $1 text: a version. For the transaction at work: what sql/copy/snapshot_..._as_of.sql read.
SELECT set_config('aml.as_of_version', $1, true)
