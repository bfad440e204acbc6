CREATE VIEW gold.synthetic_identities AS
SELECT a.alert_id, a.scenario, a.score, a.severity, a.subject AS first_party_id,
       coalesce(cardinality(members.parties), 0) AS party_count,
       coalesce(members.parties, '{}') AS parties, coalesce(members.names, '{}') AS names,
       cardinality(shared.kinds) AS kind_count, shared.kinds,
       shared.addresses AS shared_addresses, shared.emails AS shared_emails, shared.phones AS shared_phones,
       a.explanation, a.first_run_id, a.last_run_id
FROM gold.current_alerts a
CROSS JOIN LATERAL (
  SELECT values.*,
         array_remove(ARRAY[CASE WHEN values.addresses <> '{}' THEN 'address' END,
                            CASE WHEN values.emails <> '{}' THEN 'email' END,
                            CASE WHEN values.phones <> '{}' THEN 'phone' END], NULL) AS kinds
  FROM (SELECT gold.observed_values(a.evidence, 'shared_address') AS addresses,
               gold.observed_values(a.evidence, 'shared_email') AS emails,
               gold.observed_values(a.evidence, 'shared_phone') AS phones) values
) shared
CROSS JOIN LATERAL (
  SELECT array_agg(e.entity_id ORDER BY octet_length(e.entity_id), e.entity_id COLLATE "C") AS parties,
         array_agg(p.name ORDER BY octet_length(e.entity_id), e.entity_id COLLATE "C") AS names
  FROM (SELECT DISTINCT entity_id FROM gold.alert_entities
        WHERE alert_id = a.alert_id AND entity_kind = 'party') e
  LEFT JOIN silver.parties p ON p.party_id = e.entity_id
) members
WHERE a.typology = 'synthetic_identity';
COMMENT ON VIEW gold.synthetic_identities IS 'Groups of parties that are connected by the addresses, e-mails and phones they gave. One row a group.';
COMMENT ON COLUMN gold.synthetic_identities.alert_id IS 'Alert, see gold.current_alerts.';
COMMENT ON COLUMN gold.synthetic_identities.scenario IS 'Id of the scenario that found it.';
COMMENT ON COLUMN gold.synthetic_identities.score IS 'From 0 to 1: by the kinds of attributes shared, then by the number of parties.';
COMMENT ON COLUMN gold.synthetic_identities.severity IS 'low, medium or high.';
COMMENT ON COLUMN gold.synthetic_identities.first_party_id IS 'Party by which the group is named: the one with the smallest key.';
COMMENT ON COLUMN gold.synthetic_identities.party_count IS 'Parties in the group.';
COMMENT ON COLUMN gold.synthetic_identities.parties IS 'Their ids, shorter first, then byte by byte.';
COMMENT ON COLUMN gold.synthetic_identities.names IS 'Their names, in the order of parties; null where not known.';
COMMENT ON COLUMN gold.synthetic_identities.kind_count IS 'Kinds of attributes shared, 1 to 3.';
COMMENT ON COLUMN gold.synthetic_identities.kinds IS 'Which kinds: address, email, phone.';
COMMENT ON COLUMN gold.synthetic_identities.shared_addresses IS 'Addresses that two or more of the parties gave; empty if none.';
COMMENT ON COLUMN gold.synthetic_identities.shared_emails IS 'E-mail addresses that two or more of the parties gave; empty if none.';
COMMENT ON COLUMN gold.synthetic_identities.shared_phones IS 'Phone numbers that two or more of the parties gave; empty if none.';
COMMENT ON COLUMN gold.synthetic_identities.explanation IS 'Why it was flagged, in one sentence.';
COMMENT ON COLUMN gold.synthetic_identities.first_run_id IS 'Run that first found it, see aml.runs.';
COMMENT ON COLUMN gold.synthetic_identities.last_run_id IS 'Latest run that found it, see aml.runs.';
