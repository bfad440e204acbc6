-- Lines of a file of JSON objects.
COPY json_rows (line, "row") FROM STDIN
