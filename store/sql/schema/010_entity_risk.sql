CREATE VIEW gold.entity_risk AS
SELECT risk.scenario, risk.entity_id AS party_id, p.name, p.kind AS party_kind, p.country,
       coalesce(base.value, 0) AS base_risk, risk.value AS risk_score,
       risk.value - coalesce(base.value, 0) AS inherited_risk,
       a.alert_id IS NOT NULL AS is_alert, a.alert_id, a.score, a.severity, a.explanation
FROM gold.scores risk
LEFT JOIN gold.scores base
  ON base.scenario = risk.scenario AND base.measure = 'base_risk'
  AND base.entity_kind = risk.entity_kind AND base.entity_id = risk.entity_id
LEFT JOIN gold.current_alerts a
  ON a.scenario = risk.scenario AND a.subject_kind = 'party' AND a.subject = risk.entity_id
LEFT JOIN silver.parties p ON p.party_id = risk.entity_id
WHERE risk.measure = 'risk_score' AND risk.entity_kind = 'party';
COMMENT ON VIEW gold.entity_risk IS 'Risk of parties after it flowed along their payments. One row for each scenario that propagates risk and party with a risk above zero.';
COMMENT ON COLUMN gold.entity_risk.scenario IS 'Id of the scenario that measured.';
COMMENT ON COLUMN gold.entity_risk.party_id IS 'The party.';
COMMENT ON COLUMN gold.entity_risk.name IS 'Its name; null if not known.';
COMMENT ON COLUMN gold.entity_risk.party_kind IS 'person, company or unknown.';
COMMENT ON COLUMN gold.entity_risk.country IS 'Its country; null if not known.';
COMMENT ON COLUMN gold.entity_risk.base_risk IS 'Risk that it was given before any payment was looked at.';
COMMENT ON COLUMN gold.entity_risk.risk_score IS 'base_risk plus what it inherited from its payers; not bounded.';
COMMENT ON COLUMN gold.entity_risk.inherited_risk IS 'risk_score minus base_risk.';
COMMENT ON COLUMN gold.entity_risk.is_alert IS 'True if the inherited risk was high enough for an alert.';
COMMENT ON COLUMN gold.entity_risk.alert_id IS 'That alert, with the payers in gold.alert_evidence; null if none.';
COMMENT ON COLUMN gold.entity_risk.score IS 'Score of the alert, from 0 to 1; null if none.';
COMMENT ON COLUMN gold.entity_risk.severity IS 'Severity of the alert: low, medium or high; null if none.';
COMMENT ON COLUMN gold.entity_risk.explanation IS 'Why it was flagged, in one sentence; null if it was not.';
