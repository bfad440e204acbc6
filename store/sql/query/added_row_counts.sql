-- $1 version. What happened to silver since then: transfers that came, by how many accounts and parties there are more, and whether
-- transfers or accounts were changed or deleted.
SELECT coalesce(sum(inserted) FILTER (WHERE table_name = 'silver.transfers'), 0)::bigint,
       coalesce(sum(inserted - deleted) FILTER (WHERE table_name = 'silver.accounts'), 0)::bigint,
       coalesce(sum(inserted - deleted) FILTER (WHERE table_name = 'silver.parties'), 0)::bigint,
       coalesce(bool_or(updated + deleted > 0) FILTER (WHERE table_name IN ('silver.transfers', 'silver.accounts')), false)
FROM aml.version_tables
WHERE version > $1
