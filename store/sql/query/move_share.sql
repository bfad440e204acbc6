-- $1 share, $2 version.
SELECT aml.move_share($1, $2::bigint)
