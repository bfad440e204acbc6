-- $1 dataset, $2 format, $3 columns of a file that nothing uses. Those that no file of the kind had before, in their order; none if this
-- is the first file of its kind.
SELECT given.name
FROM unnest($3::text[]) WITH ORDINALITY AS given (name, position)
WHERE EXISTS (SELECT FROM aml.file_schemas WHERE dataset = $1 AND format = $2)
  AND NOT EXISTS (
    SELECT
    FROM aml.file_schemas known, unnest(known.columns) AS seen
    WHERE known.dataset = $1 AND known.format = $2 AND aml.folded_name(seen) = aml.folded_name(given.name)
  )
ORDER BY given.position
