-- $1 model. Whoever holds the row is the only one to register versions and to change stages until the transaction ends.
SELECT model FROM aml.models WHERE model = $1 FOR NO KEY UPDATE
