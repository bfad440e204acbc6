-- Every account with its party, its country (empty: not known) and the day it was opened (-infinity: not known).
COPY (SELECT account_id, party_id, coalesce(country, ''), coalesce(opened_on::timestamp AT TIME ZONE 'UTC', '-infinity')
      FROM silver.accounts)
TO STDOUT (FORMAT binary)
