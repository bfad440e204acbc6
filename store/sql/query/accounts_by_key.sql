-- $1 keys. Accounts with their party, country (empty: not known) and the microsecond since 1970 of the day they were opened (or null).
SELECT account_id, party_id, coalesce(country, ''),
       (extract(epoch FROM opened_on::timestamp AT TIME ZONE 'UTC') * 1000000)::bigint
FROM silver.accounts
WHERE account_id = ANY ($1::text[])
