-- No parameters. Whether any exchange rate is loaded.
SELECT EXISTS (SELECT FROM silver.fx_rates)
