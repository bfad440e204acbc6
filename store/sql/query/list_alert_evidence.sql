-- $1 alerts. In the order of the array, then of importance.
SELECT wanted.position, e.feature, e.observed, e.threshold, e.contribution, e.sentence
FROM unnest($1::text[]) WITH ORDINALITY wanted (alert_id, position)
JOIN gold.alert_evidence e USING (alert_id)
ORDER BY wanted.position, e.item
