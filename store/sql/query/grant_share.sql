-- $1 share, $2 role, $3 until when.
SELECT aml.grant_share($1, $2, $3::timestamptz)
