-- $1 source, $2 part. Up to where it was read; no row if it never was.
SELECT position FROM aml.source_positions WHERE source = $1 AND part = $2
