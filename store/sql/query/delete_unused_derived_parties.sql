-- No parameters. Derived parties that no account belongs to any more: an accounts file has said whose those accounts are.
DELETE FROM silver.parties party
WHERE party.is_derived AND NOT EXISTS (SELECT FROM silver.accounts account WHERE account.party_id = party.party_id)
