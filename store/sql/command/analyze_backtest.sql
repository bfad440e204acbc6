-- So that the first evaluation after a backtest is planned as well as the later ones.
ANALYZE backtest.findings, backtest.finding_transfers, backtest.finding_entities, backtest.finding_evidence
