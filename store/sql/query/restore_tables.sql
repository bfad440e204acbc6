-- $1 text[]: tables of silver, $2 version. Makes them what they were then; rows written and deleted in each.
SELECT table_name, written, deleted FROM aml.restore_tables($1::text[]::regclass[], $2::bigint) ORDER BY table_name
