-- $1 run. The staged entities as those of a backtest, each once.
INSERT INTO backtest.finding_entities (run_id, alert_id, entity_kind, entity_id, role)
SELECT DISTINCT $1::bigint, alert_id, entity_kind, entity_id, role FROM pg_temp.staged_entities
