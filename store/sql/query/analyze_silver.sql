-- No parameters. So that the first run after a load is planned as well as the later ones.
SELECT aml.analyze_tables('silver.transfers', 'silver.accounts', 'silver.parties', 'silver.party_attributes', 'silver.fx_rates')
