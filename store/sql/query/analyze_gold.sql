-- No parameters. So that the first query after a run is planned as well as the later ones.
SELECT aml.analyze_tables('gold.alerts', 'gold.alert_transfers', 'gold.alert_entities', 'gold.alert_evidence', 'gold.scores', 'gold.account_features')
