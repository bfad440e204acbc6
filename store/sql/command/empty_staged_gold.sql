-- Makes room for the next scenario of the run.
TRUNCATE pg_temp.staged_findings, pg_temp.staged_transfers, pg_temp.staged_entities, pg_temp.staged_evidence,
         pg_temp.staged_scores
