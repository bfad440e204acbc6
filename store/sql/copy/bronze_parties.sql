-- Lines of a parties file as they came.
COPY bronze.parties (file_id, line, party_id, name, kind, country, base_risk, address, email, phone, rescued) FROM STDIN
