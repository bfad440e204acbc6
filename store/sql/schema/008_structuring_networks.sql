CREATE VIEW gold.structuring_networks AS
SELECT a.alert_id, a.scenario, a.score, a.severity,
       a.subject AS collector, a.subject_party_id AS collector_party_id, a.subject_name AS collector_name,
       gold.observed_count(a.evidence, 'branches') AS branches,
       gold.observed_number(a.evidence, 'largest_leg') AS largest_leg,
       gold.observed_number(a.evidence, 'inflow') AS inflow,
       gold.observed_number(a.evidence, 'forwarded_sum') AS forwarded_sum,
       gold.observed_number(a.evidence, 'forwarded_share') AS forwarded_share,
       a.currency,
       coalesce(roles.senders, '{}') AS senders,
       coalesce(roles.middlemen, '{}') AS middlemen,
       coalesce(roles.exits, '{}') AS exits,
       gold.observed_number(a.evidence, 'duration_hours') AS duration_hours,
       a.first_activity_at, a.last_activity_at, a.explanation, a.first_run_id, a.last_run_id
FROM gold.current_alerts a
CROSS JOIN LATERAL (
  SELECT array_agg(e.entity_id ORDER BY octet_length(e.entity_id), e.entity_id COLLATE "C")
           FILTER (WHERE e.role = 'sender') AS senders,
         array_agg(e.entity_id ORDER BY octet_length(e.entity_id), e.entity_id COLLATE "C")
           FILTER (WHERE e.role = 'middleman') AS middlemen,
         array_agg(e.entity_id ORDER BY octet_length(e.entity_id), e.entity_id COLLATE "C")
           FILTER (WHERE e.role = 'exit') AS exits
  FROM gold.alert_entities e
  WHERE e.alert_id = a.alert_id
) roles
WHERE a.typology = 'structuring';
COMMENT ON VIEW gold.structuring_networks IS 'Payments below the reporting threshold that travel over middlemen into one collector, who forwards the sum. One row a network.';
COMMENT ON COLUMN gold.structuring_networks.alert_id IS 'Alert, see gold.current_alerts; its transfers by branch are in gold.alert_transfer_details.';
COMMENT ON COLUMN gold.structuring_networks.scenario IS 'Id of the scenario that found it.';
COMMENT ON COLUMN gold.structuring_networks.score IS 'From 0 to 1, higher is more suspicious.';
COMMENT ON COLUMN gold.structuring_networks.severity IS 'low, medium or high.';
COMMENT ON COLUMN gold.structuring_networks.collector IS 'Account (or party, if the scenario looks at parties) into which all branches pay.';
COMMENT ON COLUMN gold.structuring_networks.collector_party_id IS 'Party that owns the collector.';
COMMENT ON COLUMN gold.structuring_networks.collector_name IS 'Its name; null if not known.';
COMMENT ON COLUMN gold.structuring_networks.branches IS 'Two-leg ways by which money came in.';
COMMENT ON COLUMN gold.structuring_networks.largest_leg IS 'Largest single payment on the way in, in units of currency: below the reporting threshold.';
COMMENT ON COLUMN gold.structuring_networks.inflow IS 'Sum that reached the collector, in units of currency.';
COMMENT ON COLUMN gold.structuring_networks.forwarded_sum IS 'Part of it that the collector forwarded, in units of currency: above the reporting threshold.';
COMMENT ON COLUMN gold.structuring_networks.forwarded_share IS 'forwarded_sum as a share of inflow.';
COMMENT ON COLUMN gold.structuring_networks.currency IS 'Base currency of the amounts (ISO 4217).';
COMMENT ON COLUMN gold.structuring_networks.senders IS 'Ids of those who paid the first legs, shorter first, then byte by byte.';
COMMENT ON COLUMN gold.structuring_networks.middlemen IS 'Ids of those who passed the money on to the collector, in the same order.';
COMMENT ON COLUMN gold.structuring_networks.exits IS 'Ids of those whom the collector paid, in the same order.';
COMMENT ON COLUMN gold.structuring_networks.duration_hours IS 'Hours from the first to the last transfer.';
COMMENT ON COLUMN gold.structuring_networks.first_activity_at IS 'Booking time (UTC) of the first transfer.';
COMMENT ON COLUMN gold.structuring_networks.last_activity_at IS 'Booking time (UTC) of the last transfer.';
COMMENT ON COLUMN gold.structuring_networks.explanation IS 'Why it was flagged, in one sentence.';
COMMENT ON COLUMN gold.structuring_networks.first_run_id IS 'Run that first found it, see aml.runs.';
COMMENT ON COLUMN gold.structuring_networks.last_run_id IS 'Latest run that found it, see aml.runs.';
