-- $1 what the rows come from, $2 the watermark, $3 its type, $4 a condition, $5 the least watermark to look at, null: all. On the server
-- of a source: the text of a statement that finds the greatest watermark. One that is infinite would end all reading, so it does not count.
SELECT format('SELECT max(%2$I)::text FROM %1$s AS source_rows WHERE (%3$s)%4$s%5$s', $1::text, $2::text, $4::text,
              CASE WHEN $3::text NOT IN ('smallint', 'integer', 'bigint') THEN format(' AND %I < ''infinity''', $2::text) END,
              CASE WHEN $5::text IS NOT NULL THEN format(' AND %I >= %L', $2::text, $5::text) END)
