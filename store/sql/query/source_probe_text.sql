-- $1 what the rows come from, $2 their columns, $3 the watermark, $4 a condition. On the server of a source: the text of a statement that
-- looks at no row, yet says whether all of these are there, and of which type the watermark is.
SELECT format('SELECT pg_typeof(max(%2$I))::text FROM (SELECT %2$I, %3$s FROM %1$s AS source_rows WHERE (%4$s) LIMIT 0) AS none',
              $1::text, $3::text, (SELECT string_agg(format('%I AS c%s', name, position), ', ') FROM unnest($2::text[]) WITH ORDINALITY AS given (name, position)), $4::text)
