-- $1 file_id. Attributes of the parties that this file describes which it does not give any more, or gives in another spelling: it
-- replaces what earlier files said.
DELETE FROM silver.party_attributes attribute
USING silver.parties party, bronze.parties bronze
WHERE party.file_id = $1 AND NOT party.is_derived AND attribute.party_id = party.party_id
  AND bronze.file_id = party.file_id AND bronze.line = party.line
  AND attribute.value IS DISTINCT FROM aml.trimmed(CASE attribute.kind WHEN 'address' THEN bronze.address
                                                                       WHEN 'email' THEN bronze.email
                                                                       WHEN 'phone' THEN bronze.phone END)
