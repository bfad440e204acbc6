-- Makes room for more scenarios of the same run.
TRUNCATE pg_temp.staged_scenarios, pg_temp.staged_findings, pg_temp.staged_transfers, pg_temp.staged_entities, pg_temp.staged_evidence,
         pg_temp.staged_scores, pg_temp.staged_missing_alerts, pg_temp.staged_gone_scores
