"""Parses SQL files with PostgreSQL's own grammar. Queries hold exactly one statement."""
import sys

import pglast

failed = False
for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        text = file.read()
    try:
        statements = pglast.parse_sql(text)
    except pglast.parser.ParseError as error:
        print(f"{path}: {error}", file=sys.stderr)
        failed = True
        continue
    if "/query/" in path and len(statements) != 1:
        print(f"{path}: {len(statements)} statements, one expected", file=sys.stderr)
        failed = True
sys.exit(failed)
