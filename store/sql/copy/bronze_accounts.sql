-- Lines of an accounts file as they came.
COPY bronze.accounts (file_id, line, account_id, party_id, kind, currency, country, opened_on, rescued) FROM STDIN
