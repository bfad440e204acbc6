"""DuckDB on one thread, everything in memory. usage: duckdb_peer.py FOLDER"""
import sys
import threading

import duckdb

from peer import Clock, serve
from queries import SECONDS_AT_MOST, sql_tasks

folder = sys.argv[1]
connection = duckdb.connect()
connection.execute("SET threads = 1")
clock = Clock()
with clock("load"):
    connection.execute("CREATE TABLE vertices (id INTEGER, risk DOUBLE)")
    connection.execute("CREATE TABLE edges (src INTEGER, dst INTEGER, time BIGINT, amount DECIMAL(18, 2))")
    for table in ("vertices", "edges"):
        connection.execute(f"COPY {table} FROM '{folder}/{table}.csv' (HEADER)")


def answer_of(text):
    stop = threading.Timer(SECONDS_AT_MOST, connection.interrupt)
    stop.start()
    try:
        return connection.execute(text).fetchone()
    except duckdb.InterruptException:
        raise TimeoutError(f"> {SECONDS_AT_MOST} s")
    finally:
        stop.cancel()


serve("DuckDB", duckdb.__version__, clock, sql_tasks(answer_of))
