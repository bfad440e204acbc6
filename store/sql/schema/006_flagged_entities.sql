-- Who was flagged. Both halves are grouped by entity, so that a filter on one entity reaches the tables' indexes.
CREATE VIEW gold.flagged_entities AS
SELECT flagged.entity_kind, flagged.entity_id, p.party_id, p.name,
       coalesce(acc.country, p.country) AS country,
       flagged.highest_score,
       CASE flagged.severity_rank WHEN 3 THEN 'high' WHEN 2 THEN 'medium' ELSE 'low' END AS highest_severity,
       flagged.typologies, flagged.alerts, flagged.alerts_as_subject, flagged.amount, flagged.currency,
       coalesce(moved.transfers, 0) AS transfers, flagged.first_activity_at, flagged.last_activity_at
FROM (
  SELECT e.entity_kind, e.entity_id,
         max(a.score) AS highest_score,
         max(CASE a.severity WHEN 'high' THEN 3 WHEN 'medium' THEN 2 ELSE 1 END) AS severity_rank,
         array_agg(DISTINCT a.typology COLLATE "C" ORDER BY a.typology COLLATE "C") AS typologies,
         count(*) AS alerts,
         count(*) FILTER (WHERE a.subject_kind = e.entity_kind AND a.subject = e.entity_id) AS alerts_as_subject,
         sum(a.amount) AS amount,
         max(a.currency) AS currency,
         min(a.first_activity_at) AS first_activity_at,
         max(a.last_activity_at) AS last_activity_at
  FROM (SELECT DISTINCT alert_id, entity_kind, entity_id FROM gold.alert_entities) e
  JOIN gold.current_alerts a USING (alert_id)
  GROUP BY e.entity_kind, e.entity_id
) flagged
LEFT JOIN (
  SELECT e.entity_kind, e.entity_id, count(DISTINCT t.transfer_id) AS transfers
  FROM gold.alert_entities e
  JOIN gold.current_alerts a USING (alert_id)
  JOIN gold.alert_transfers t USING (alert_id)
  GROUP BY e.entity_kind, e.entity_id
) moved ON moved.entity_kind = flagged.entity_kind AND moved.entity_id = flagged.entity_id
LEFT JOIN silver.accounts acc ON flagged.entity_kind = 'account' AND acc.account_id = flagged.entity_id
LEFT JOIN silver.parties p
  ON p.party_id = CASE flagged.entity_kind WHEN 'party' THEN flagged.entity_id ELSE acc.party_id END;
COMMENT ON VIEW gold.flagged_entities IS 'Every account and party that takes part in a current alert. One row an entity.';
COMMENT ON COLUMN gold.flagged_entities.entity_kind IS 'account or party.';
COMMENT ON COLUMN gold.flagged_entities.entity_id IS 'Account id or party id.';
COMMENT ON COLUMN gold.flagged_entities.party_id IS 'Party that owns the account; of a party, the party itself.';
COMMENT ON COLUMN gold.flagged_entities.name IS 'Name of that party; null if not known.';
COMMENT ON COLUMN gold.flagged_entities.country IS 'Country of the account, else of its party; null if not known.';
COMMENT ON COLUMN gold.flagged_entities.highest_score IS 'Highest score among its alerts, from 0 to 1.';
COMMENT ON COLUMN gold.flagged_entities.highest_severity IS 'Highest severity among its alerts: low, medium or high.';
COMMENT ON COLUMN gold.flagged_entities.typologies IS 'Typologies of its alerts, each once, in alphabetical order.';
COMMENT ON COLUMN gold.flagged_entities.alerts IS 'Current alerts in which it takes part.';
COMMENT ON COLUMN gold.flagged_entities.alerts_as_subject IS 'Of them, those that are about it.';
COMMENT ON COLUMN gold.flagged_entities.amount IS 'Sum of the amounts of its alerts, in units of currency: money that two alerts tell of counts twice. Null if none of them moves money.';
COMMENT ON COLUMN gold.flagged_entities.currency IS 'Base currency of amount (ISO 4217); null when amount is.';
COMMENT ON COLUMN gold.flagged_entities.transfers IS 'Transfers in its alerts, each once, also those that it neither paid nor received.';
COMMENT ON COLUMN gold.flagged_entities.first_activity_at IS 'Booking time (UTC) of the earliest transfer of its alerts; null without transfers.';
COMMENT ON COLUMN gold.flagged_entities.last_activity_at IS 'Booking time (UTC) of the latest transfer of its alerts; null without transfers.';
