-- Lines that cannot be split into columns, byte for byte.
COPY bronze.unreadable_lines (file_id, line, dataset, reason, raw) FROM STDIN
