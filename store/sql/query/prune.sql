-- $1 years to keep, $2 why, if it is less than the law asks, or null. Drops what only older versions need; rows by table.
SELECT table_name, dropped FROM aml.prune($1::integer, $2::text) ORDER BY table_name
