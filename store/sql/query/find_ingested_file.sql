-- $1 SHA-256 of a content. The path under which it was loaded; no row if it never was.
SELECT path, dataset FROM aml.ingested_files WHERE sha256 = $1
