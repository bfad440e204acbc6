-- As snapshot_accounts.sql, of a version: see sql/query/set_as_of_version.sql.
COPY (SELECT account_id, party_id, coalesce(country, ''), coalesce(opened_on::timestamp AT TIME ZONE 'UTC', '-infinity')
      FROM silver.accounts_as_of(current_setting('aml.as_of_version')::bigint))
TO STDOUT (FORMAT binary)
