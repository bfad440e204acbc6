-- $1 what the rows come from, $2 their columns, $3 the names under which they are wanted, $4 the watermark, $5 a condition, $6 the least
-- watermark to read, null: all. On the server of a source: the text of the statement that copies the rows. Rows without a watermark are
-- always read: nobody can say that they are old.
SELECT format('COPY (SELECT %2$s FROM %1$s AS source_rows WHERE (%3$s)%4$s) TO STDOUT (FORMAT csv, HEADER)',
              $1::text,
              (SELECT string_agg(format('%I AS %I', name, wanted), ', ' ORDER BY position)
               FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS given (name, wanted, position)),
              $5::text,
              CASE WHEN $6::text IS NOT NULL THEN format(' AND (%1$I >= %2$L OR %1$I IS NULL)', $4::text, $6::text) END)
