-- No parameters. What a connection to the database of amlgraph finds names in that have no schema: what PostgreSQL brings, and nothing that
-- somebody put into public, a schema of the user's name or, as pg_temp stands last, a temporary table. All other names have their schema.
SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', false)
