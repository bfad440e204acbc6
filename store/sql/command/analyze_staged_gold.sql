-- The planner knows nothing about tables that were filled a moment ago; and until it has seen a new table once, it takes it for a large one.
ANALYZE pg_temp.staged_scenarios, pg_temp.staged_findings, pg_temp.staged_transfers, pg_temp.staged_entities, pg_temp.staged_evidence,
        pg_temp.staged_scores, pg_temp.staged_missing_alerts, pg_temp.staged_gone_scores
