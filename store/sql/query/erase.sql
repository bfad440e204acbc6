-- $1 account or party, $2 its key, $3 reference, $4 reason, $5 why, if the law asks to keep its data still, or null. Rows erased by table.
SELECT table_name, erased FROM aml.erase($1::text, $2::text, $3::text, $4::text, $5::text) ORDER BY table_name
