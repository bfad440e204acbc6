-- $1 a time. The newest version that was committed until then.
SELECT aml.version_at($1::timestamptz)
