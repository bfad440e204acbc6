-- $1 keys. Accounts with their party, country (empty: not known) and the microsecond since 1970 of the day they were opened (null: not known).
SELECT account_id, party_id, coalesce(country, ''),
       CASE WHEN isfinite(opened_on) THEN (extract(epoch FROM opened_on::timestamp AT TIME ZONE 'UTC') * 1000000)::bigint END
FROM silver.accounts
WHERE account_id = ANY ($1::text[])
