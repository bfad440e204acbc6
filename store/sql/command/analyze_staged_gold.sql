-- The planner knows nothing about tables that were filled a moment ago.
ANALYZE pg_temp.staged_scenarios, pg_temp.staged_findings, pg_temp.staged_transfers, pg_temp.staged_entities, pg_temp.staged_evidence,
        pg_temp.staged_scores
