-- $1 share, $2 version, $3 text[]: tables of gold without their schema, $4 text[]: which rows of each.
SELECT aml.create_share($1, $2::bigint, $3::text[], $4::text[])
