-- $1 jsonb: labels, an array of {typology, instance, entity_kind, entity_id, transfer_id}; each names either a transfer or an entity.
-- $2 run whose findings are judged, or null for the current alerts; both are called alerts here.
-- One row for each typology of the labels or of the alerts. An instance with labelled transfers is found by an alert of its
-- typology that holds all of them, and an alert with one of them is true. An instance without is found by an alert that names all
-- its entities, and an alert with two of them is true; if it has a single entity, only an alert about that entity counts. A true alert
-- touches its instance. Transfers and entities are counted one by one; the accounts of a labelled transfer are labelled entities.
-- Labels of the typology any are held against the alerts of every typology.
WITH label AS MATERIALIZED (
  SELECT DISTINCT l.typology, l.instance, l.entity_kind, l.entity_id, l.transfer_id
  FROM jsonb_to_recordset($1::jsonb)
         AS l(typology text, instance text, entity_kind text, entity_id text, transfer_id text)
), planted AS MATERIALIZED (
  SELECT typology, instance, count(transfer_id) AS transfers, count(entity_id) AS entities
  FROM label
  GROUP BY typology, instance
), source AS (
  SELECT coalesce((SELECT run_id FROM aml.runs WHERE run_id = $2::bigint AND purpose = 'backtest'), 0) AS backtest_run_id
), alert AS MATERIALIZED (
  SELECT f.alert_id, held_as.typology, f.subject_kind, f.subject
  FROM (SELECT alert_id, typology, subject_kind, subject FROM aml.run_findings WHERE run_id = $2::bigint
        UNION ALL
        SELECT alert_id, typology, subject_kind, subject FROM gold.current_alerts WHERE $2::bigint IS NULL) f
  CROSS JOIN LATERAL (SELECT f.typology
                      UNION ALL
                      SELECT 'any' WHERE EXISTS (SELECT FROM label l WHERE l.typology = 'any')) AS held_as (typology)
), alert_transfer AS MATERIALIZED (
  SELECT a.alert_id, a.typology, t.transfer_id
  FROM alert a JOIN aml.finding_transfers t USING (alert_id)
  WHERE t.backtest_run_id = (SELECT backtest_run_id FROM source)
), alert_entity AS MATERIALIZED (
  SELECT a.alert_id, a.typology, a.subject_kind, a.subject, e.entity_kind, e.entity_id
  FROM alert a JOIN aml.finding_entities e USING (alert_id)
  WHERE e.backtest_run_id = (SELECT backtest_run_id FROM source)
), held_transfers AS (
  SELECT l.typology, l.instance, a.alert_id, count(DISTINCT l.transfer_id) AS held
  FROM label l
  JOIN alert_transfer a ON a.transfer_id = l.transfer_id AND a.typology = l.typology
  GROUP BY l.typology, l.instance, a.alert_id
), named_entities AS (
  SELECT l.typology, l.instance, a.alert_id, count(DISTINCT (l.entity_kind, l.entity_id)) AS named,
         bool_or(a.subject_kind = l.entity_kind AND a.subject = l.entity_id) AS has_subject
  FROM label l
  JOIN alert_entity a ON a.entity_kind = l.entity_kind AND a.entity_id = l.entity_id AND a.typology = l.typology
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
                 WHERE v.typology = p.typology AND v.instance = p.instance AND v.is_found) AS is_found,
         EXISTS (SELECT FROM verdict v
                 WHERE v.typology = p.typology AND v.instance = p.instance AND v.is_true) AS is_touched
  FROM planted p
), instances AS (
  SELECT typology, count(*) AS planted, count(*) FILTER (WHERE is_found) AS found,
         count(*) FILTER (WHERE is_touched) AS touched,
         jsonb_agg(instance ORDER BY instance COLLATE "C") FILTER (WHERE NOT is_found) AS missed
  FROM instance
  GROUP BY typology
), alerts AS (
  SELECT a.typology, count(*) AS alerts,
         count(*) FILTER (WHERE a.alert_id IN (SELECT v.alert_id FROM verdict v WHERE v.is_true)) AS true_alerts
  FROM alert a
  GROUP BY a.typology
), labelled_part AS (
  SELECT typology, 'transfer' AS level, transfer_id AS part FROM label WHERE transfer_id IS NOT NULL
  UNION
  SELECT typology, 'entity', entity_kind || ' ' || entity_id FROM label WHERE entity_id IS NOT NULL
  UNION
  SELECT l.typology, 'entity', 'account ' || side.account_id
  FROM label l
  JOIN silver.transfers t ON t.transfer_id = l.transfer_id
  CROSS JOIN LATERAL (VALUES (t.from_account_id), (t.to_account_id)) AS side(account_id)
), flagged_part AS (
  SELECT typology, 'transfer' AS level, transfer_id AS part FROM alert_transfer
  UNION
  SELECT typology, 'entity', entity_kind || ' ' || entity_id FROM alert_entity
), parts AS (
  SELECT typology, level, count(l.part) AS labelled, count(f.part) AS flagged,
         count(*) FILTER (WHERE l.part = f.part) AS hit
  FROM (SELECT *, part AS key FROM labelled_part) l
  FULL JOIN (SELECT *, part AS key FROM flagged_part) f USING (typology, level, key)
  GROUP BY typology, level
)
SELECT q.typology, coalesce(q.planted, 0) AS planted, coalesce(q.found, 0) AS found,
       coalesce(q.touched, 0) AS touched, coalesce(q.alerts, 0) AS alerts,
       coalesce(q.true_alerts, 0) AS true_alerts, coalesce(q.missed, '[]')::text AS missed,
       coalesce(t.labelled, 0) AS labelled_transfers, coalesce(t.flagged, 0) AS flagged_transfers,
       coalesce(t.hit, 0) AS hit_transfers, coalesce(e.labelled, 0) AS labelled_entities,
       coalesce(e.flagged, 0) AS flagged_entities, coalesce(e.hit, 0) AS hit_entities
FROM (SELECT * FROM instances FULL JOIN alerts USING (typology)) AS q
LEFT JOIN parts t ON t.typology = q.typology AND t.level = 'transfer'
LEFT JOIN parts e ON e.typology = q.typology AND e.level = 'entity'
ORDER BY q.typology COLLATE "C"
