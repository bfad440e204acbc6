-- $1 source. The offset at which reading goes on in each partition that was read.
SELECT part, position FROM aml.source_positions WHERE source = $1
