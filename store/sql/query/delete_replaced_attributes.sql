-- $1 file_id. Attributes of the parties that this file describes: it replaces what earlier files said.
DELETE FROM silver.party_attributes attribute
USING silver.parties party
WHERE party.file_id = $1 AND NOT party.is_derived AND attribute.party_id = party.party_id
