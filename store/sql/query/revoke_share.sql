-- $1 share, $2 role.
SELECT aml.revoke_share($1, $2)
