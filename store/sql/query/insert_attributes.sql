-- $1 file_id. Addresses, e-mails and phones of the parties that this file describes, as given and normalised. The version is named because the
-- default of valid_from would ask for it row by row.
INSERT INTO silver.party_attributes (party_id, kind, value, normalised_value, valid_from)
SELECT party.party_id, given.kind, given.value, given.normalised_value, (SELECT aml.this_version())
FROM silver.parties party
JOIN bronze.parties bronze ON bronze.file_id = party.file_id AND bronze.line = party.line
CROSS JOIN LATERAL (
  SELECT attribute.kind, aml.trimmed(attribute.value) AS value, aml.normalise_attribute(attribute.kind, attribute.value) AS normalised_value
  FROM (VALUES ('address', bronze.address), ('email', bronze.email), ('phone', bronze.phone)) AS attribute (kind, value)
  OFFSET 0
) AS given
WHERE party.file_id = $1 AND NOT party.is_derived AND given.normalised_value IS NOT NULL
ON CONFLICT DO NOTHING  -- also without the key, see drop_attribute_keys.sql
