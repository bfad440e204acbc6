-- $1 jsonb: labels, an array of {typology, instance, entity_kind, entity_id, transfer_id}; each names either a transfer or an entity.
-- One row for each typology of the labels or of the current alerts. An instance with labelled transfers is found by an alert of its
-- typology that holds all of them, and an alert with one of them is true. An instance without is found by an alert that names all
-- its entities, and an alert with two of them is true; if it has a single entity, only an alert about that entity counts.
WITH label AS MATERIALIZED (
  SELECT DISTINCT l.typology, l.instance, l.entity_kind, l.entity_id, l.transfer_id
  FROM jsonb_to_recordset($1::jsonb)
         AS l(typology text, instance text, entity_kind text, entity_id text, transfer_id text)
), planted AS MATERIALIZED (
  SELECT typology, instance, count(transfer_id) AS transfers, count(entity_id) AS entities
  FROM label
  GROUP BY typology, instance
), held_transfers AS (
  SELECT l.typology, l.instance, a.alert_id, count(DISTINCT l.transfer_id) AS held
  FROM label l
  JOIN gold.alert_transfers t ON t.transfer_id = l.transfer_id
  JOIN gold.current_alerts a ON a.alert_id = t.alert_id AND a.typology = l.typology
  GROUP BY l.typology, l.instance, a.alert_id
), named_entities AS (
  SELECT l.typology, l.instance, a.alert_id, count(DISTINCT (l.entity_kind, l.entity_id)) AS named,
         bool_or(a.subject_kind = l.entity_kind AND a.subject = l.entity_id) AS has_subject
  FROM label l
  JOIN gold.alert_entities e ON e.entity_kind = l.entity_kind AND e.entity_id = l.entity_id
  JOIN gold.current_alerts a ON a.alert_id = e.alert_id AND a.typology = l.typology
  GROUP BY l.typology, l.instance, a.alert_id
), verdict AS MATERIALIZED (
  SELECT p.typology, p.instance, h.alert_id, h.held = p.transfers AS is_found, true AS is_true
  FROM planted p
  JOIN held_transfers h USING (typology, instance)
  UNION ALL
  SELECT p.typology, p.instance, n.alert_id,
         n.named = p.entities AND (p.entities > 1 OR n.has_subject),
         CASE WHEN p.entities > 1 THEN n.named > 1 ELSE n.has_subject END
  FROM planted p
  JOIN named_entities n USING (typology, instance)
  WHERE p.transfers = 0
), instance AS (
  SELECT p.typology, p.instance,
         EXISTS (SELECT FROM verdict v
                 WHERE v.typology = p.typology AND v.instance = p.instance AND v.is_found) AS is_found
  FROM planted p
), instances AS (
  SELECT typology, count(*) AS planted, count(*) FILTER (WHERE is_found) AS found,
         jsonb_agg(instance ORDER BY instance COLLATE "C") FILTER (WHERE NOT is_found) AS missed
  FROM instance
  GROUP BY typology
), alerts AS (
  SELECT a.typology, count(*) AS alerts,
         count(*) FILTER (WHERE a.alert_id IN (SELECT v.alert_id FROM verdict v WHERE v.is_true)) AS true_alerts
  FROM gold.current_alerts a
  GROUP BY a.typology
)
SELECT typology, coalesce(i.planted, 0) AS planted, coalesce(i.found, 0) AS found,
       coalesce(a.alerts, 0) AS alerts, coalesce(a.true_alerts, 0) AS true_alerts,
       coalesce(i.missed, '[]')::text AS missed
FROM instances i
FULL JOIN alerts a USING (typology)
ORDER BY typology COLLATE "C"
