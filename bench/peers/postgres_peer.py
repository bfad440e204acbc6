"""PostgreSQL on one process, no parallel workers, with the indexes its planner could want. usage: postgres_peer.py FOLDER URL"""
import sys

import psycopg2

from peer import Clock, serve
from queries import SECONDS_AT_MOST, sql_tasks

folder, url = sys.argv[1:]
connection = psycopg2.connect(url)
connection.autocommit = True
cursor = connection.cursor()
for setting in ("max_parallel_workers_per_gather = 0", "max_parallel_maintenance_workers = 0", "work_mem = '1GB'",
                "maintenance_work_mem = '1GB'"):
    cursor.execute(f"SET {setting}")
clock = Clock()
with clock("load"):
    cursor.execute("DROP TABLE IF EXISTS vertices, edges")
    cursor.execute("CREATE UNLOGGED TABLE vertices (id integer, risk double precision)")
    cursor.execute("CREATE UNLOGGED TABLE edges (src integer, dst integer, time bigint, amount numeric(18, 2))")
    for table in ("vertices", "edges"):
        with open(f"{folder}/{table}.csv") as file:
            cursor.copy_expert(f"COPY {table} FROM STDIN (FORMAT csv, HEADER)", file)
with clock("build"):
    cursor.execute("CREATE INDEX ON edges (src, time) INCLUDE (dst)")
    cursor.execute("CREATE INDEX ON edges (dst, time) INCLUDE (src)")
    cursor.execute("CREATE INDEX ON edges (src, dst, time)")
    cursor.execute("VACUUM ANALYZE vertices, edges")
cursor.execute(f"SET statement_timeout = '{SECONDS_AT_MOST} s'")


def answer_of(text):
    try:
        cursor.execute(text)
        return cursor.fetchone()
    except psycopg2.errors.QueryCanceled:
        raise TimeoutError(f"> {SECONDS_AT_MOST} s")


cursor.execute("SHOW server_version")
serve("PostgreSQL", cursor.fetchone()[0].split()[0], clock, sql_tasks(answer_of))
