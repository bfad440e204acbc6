-- $1 text: a time, or "infinity"; $2 version. As count_silver.sql, of a version.
SELECT (SELECT count(*) FROM silver.accounts_as_of($2::bigint)),
       (SELECT count(*) FROM silver.parties_as_of($2)),
       (SELECT count(*) FROM silver.party_attributes_as_of($2)),
       (SELECT count(*) FROM silver.transfers_as_of($2) WHERE booked_at <= $1::timestamptz)
