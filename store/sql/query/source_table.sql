-- $1 name of a table as SQL writes it. On the server of a source: its name with the schema, quoted; null if there is no such table.
SELECT (SELECT format('%I.%I', space.nspname, named.relname)
        FROM pg_class named
        JOIN pg_namespace space ON space.oid = named.relnamespace
        WHERE named.oid = to_regclass($1))
