-- No parameters. Takes away the evidence of staged findings that is not exactly as staged.
DELETE FROM gold.alert_evidence e
USING pg_temp.staged_findings f
WHERE e.alert_id = f.alert_id
  AND NOT EXISTS (SELECT FROM pg_temp.staged_evidence s
                  WHERE s.alert_id = e.alert_id AND s.item = e.item AND s.feature = e.feature
                    AND s.observed = e.observed AND s.threshold IS NOT DISTINCT FROM e.threshold
                    AND s.contribution IS NOT DISTINCT FROM e.contribution AND s.sentence = e.sentence)
