-- Lines of an exchange rates file as they came.
COPY bronze.fx_rates (file_id, line, currency, rate_date, rate, rescued) FROM STDIN
