-- No parameters. Adds the evidence of staged findings that gold does not have.
INSERT INTO gold.alert_evidence (alert_id, item, feature, observed, threshold, contribution, sentence)
SELECT s.alert_id, s.item, s.feature, s.observed, s.threshold, s.contribution, s.sentence
FROM pg_temp.staged_evidence s
WHERE NOT EXISTS (SELECT FROM gold.alert_evidence e WHERE e.alert_id = s.alert_id AND e.item = s.item)
