-- $1 rows that were loaded. So that the first run after a load is planned as well as the later ones; not for a small part of what is there, which
-- the server looks after by itself.
SELECT aml.analyze_tables('silver.transfers', 'silver.accounts', 'silver.parties', 'silver.party_attributes', 'silver.fx_rates')
WHERE $1::bigint >= (SELECT sum(greatest(reltuples, 0)) / 10 FROM pg_class
                     WHERE oid IN ('silver.transfers'::regclass, 'silver.accounts'::regclass, 'silver.parties'::regclass))
