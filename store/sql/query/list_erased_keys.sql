-- No parameters. The keyed hashes of those whose data were erased, their pseudonyms, and the secret of the hashes; nothing if the secret is
-- kept elsewhere.
SELECT known.key_hash, known.pseudonym, secret.secret FROM aml.erased_keys known CROSS JOIN aml.erasure_secret secret
