-- $1 source, $2 partitions, $3 messages that lie unread in each.
UPDATE aml.source_positions AS known
SET lag = seen.lag::bigint
FROM unnest($2::text[], $3::text[]) AS seen (part, lag)
WHERE known.source = $1 AND known.part = seen.part
