-- $1 share.
SELECT aml.drop_share($1)
