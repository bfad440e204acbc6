CREATE VIEW gold.anomaly_scores AS
SELECT s.scenario, s.entity_id AS account_id, acc.party_id, p.name, s.value AS anomaly_score,
       a.alert_id IS NOT NULL AS is_alert, a.alert_id, a.severity,
       coalesce(why.features, '{}') AS features, coalesce(why.reasons, '{}') AS reasons
FROM gold.scores s
LEFT JOIN gold.current_alerts a
  ON a.scenario = s.scenario AND a.subject_kind = 'account' AND a.subject = s.entity_id
LEFT JOIN LATERAL (
  SELECT array_agg(e.feature ORDER BY e.item) AS features, array_agg(e.sentence ORDER BY e.item) AS reasons
  FROM gold.alert_evidence e
  WHERE e.alert_id = a.alert_id AND e.feature <> s.measure
) why ON true
LEFT JOIN silver.accounts acc ON acc.account_id = s.entity_id
LEFT JOIN silver.parties p ON p.party_id = acc.party_id
WHERE s.measure = 'anomaly_score' AND s.entity_kind = 'account';
COMMENT ON VIEW gold.anomaly_scores IS 'How unlike the others each account behaves. One row for each scenario that scores anomalies and account with a transfer.';
COMMENT ON COLUMN gold.anomaly_scores.scenario IS 'Id of the scenario that measured.';
COMMENT ON COLUMN gold.anomaly_scores.account_id IS 'The account.';
COMMENT ON COLUMN gold.anomaly_scores.party_id IS 'Party that owns it.';
COMMENT ON COLUMN gold.anomaly_scores.name IS 'Name of that party; null if not known.';
COMMENT ON COLUMN gold.anomaly_scores.anomaly_score IS 'From 0 to 1: 0.5 is ordinary, towards 1 is anomalous.';
COMMENT ON COLUMN gold.anomaly_scores.is_alert IS 'True if the score was high enough for an alert.';
COMMENT ON COLUMN gold.anomaly_scores.alert_id IS 'That alert; null if none.';
COMMENT ON COLUMN gold.anomaly_scores.severity IS 'Severity of the alert: low, medium or high; null if none.';
COMMENT ON COLUMN gold.anomaly_scores.features IS 'Features that set the account apart, the strongest first; empty without an alert.';
COMMENT ON COLUMN gold.anomaly_scores.reasons IS 'The same as sentences with the observed values; empty without an alert.';
