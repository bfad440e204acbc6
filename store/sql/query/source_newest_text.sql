-- $1 what the rows come from, $2 the watermark, $3 its type, $4 a condition, $5 the least watermark to look at, null: all, $6 the position so
-- far, null: none. On the server of a source: the text of a statement that finds the greatest watermark. One that is infinite, or a time
-- still to come (a wrong clock, an end that is not known yet), would end all reading, so it does not count.
SELECT format('SELECT max(%2$I)::text FROM %1$s AS source_rows WHERE (%3$s)%4$s%5$s', $1::text, $2::text, $4::text,
              CASE WHEN $3::text = 'numeric' THEN format(' AND %I < ''infinity''', $2::text)
                   WHEN $3 NOT IN ('smallint', 'integer', 'bigint') THEN format(' AND %I <= greatest(now(), %L::timestamptz)', $2, $6::text) END,
              CASE WHEN $5::text IS NOT NULL THEN format(' AND %I >= %L', $2, $5) END)
