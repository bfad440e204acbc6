-- $1 what the rows come from, $2 their columns, $3 the watermark, $4 a condition, $5 the least watermark to read, null: all, $6 whether
-- the newest come first. On the server of a source: the text of the statement that copies the rows. Rows without a watermark are always
-- read: nobody can say that they are old.
SELECT format('COPY (SELECT %2$s FROM %1$s AS source_rows WHERE (%3$s)%4$s%5$s) TO STDOUT (FORMAT csv)',
              $1::text,
              (SELECT string_agg(quote_ident(name), ', ' ORDER BY position) FROM unnest($2::text[]) WITH ORDINALITY AS given (name, position)),
              $4::text,
              CASE WHEN $5::text IS NOT NULL THEN format(' AND (%1$I >= %2$L OR %1$I IS NULL)', $3::text, $5::text) END,
              CASE WHEN $6::boolean THEN format(' ORDER BY %I DESC NULLS LAST', $3) END)
