-- No parameters. So that the first evaluation after a backtest is planned as well as the later ones.
SELECT aml.analyze_tables('backtest.findings', 'backtest.finding_transfers', 'backtest.finding_entities', 'backtest.finding_evidence')
