"""The tasks of the two Spark peers on one core, from CSV files to a written answer. They differ in who finds, propagates and connects."""
import csv
import glob
import shutil
import sys

from pyspark.sql import SparkSession
from pyspark.sql import functions as f

from peer import serve

BRANCHES = "(a)-[e1]->(b); (b)-[e2]->(c); (f)-[e4]->(c); (d)-[e3]->(f); (c)-[e5]->(g)"
LEGS = " and ".join(f"{e}.amount >= 2000 and {e}.amount < 10000" for e in ("e1", "e2", "e3", "e4"))
IS_STRUCTURING = f"""{LEGS}
    and e2.amount between 0.7 * e1.amount and 1.05 * e1.amount and e4.amount between 0.7 * e3.amount and 1.05 * e3.amount
    and e1.time < e2.time and e3.time < e4.time and e2.time < e5.time and e4.time < e5.time
    and e5.time - e1.time <= 5 * 86400 and e5.time - e3.time <= 5 * 86400
    and a.id < d.id and a.id not in (b.id, f.id) and d.id not in (b.id, f.id) and b.id <> f.id
    and c.id not in (a.id, b.id, d.id, f.id) and g.id not in (a.id, b.id, c.id, d.id, f.id)"""
TRIANGLE = "(a)-[e1]->(b); (b)-[e2]->(c); (c)-[e3]->(a)"
IS_CYCLE = """e1.time < e2.time and e2.time < e3.time and e3.time - e1.time <= 7 * 86400
    and a.id <> b.id and b.id <> c.id and c.id <> a.id"""


def start(folder, packages=""):
    builder = (SparkSession.builder.master("local[1]").config("spark.driver.memory", "8g").config("spark.ui.enabled", "false")
               .config("spark.sql.shuffle.partitions", "8").config("spark.ui.showConsoleProgress", "false")
               .config("spark.log.level", "ERROR").config("spark.local.dir", f"{folder}/spark"))
    if packages:
        builder = builder.config("spark.jars.packages", packages)
    try:
        session = builder.getOrCreate()
    except Exception as error:  # Java is not installed, or the packages cannot be fetched
        sys.exit(f"Spark does not start{f', {packages} cannot be fetched' if packages else ''} ({type(error).__name__})")
    session.range(1000).groupBy().sum().collect()  # the first job pays for what all later ones use
    return session


def digest_of_matches(rows, width, of_row):
    sums = [of_row(*map(int, row)) for row in rows]
    none = of_row(*[0] * width)
    return [len(sums), *(sum(column) for column in zip(none, *sums))]


def digest_of_components(rows):
    component = {int(v): name for v, name in rows}
    smallest = {}
    for v, name in component.items():
        smallest[name] = min(v, smallest.get(name, v))
    return [len(smallest), sum(smallest[name] * (v + 1) for v, name in component.items()) % 2**64]


def digest_of_scores(rows):
    score = {int(v): float(s) for v, s in rows}
    return [sum(score.values()), sum(s * s for s in score.values()), sum(s * (v + 1) for v, s in score.items())]


def serve_tasks(name, version, clock, session, folder, find, propagate, connect):
    """find(vertices, edges, motif) -> rows of structs; propagate(vertices, edges) -> id, score; connect(edges) -> id, component."""
    out = f"{folder}/spark_out"

    def read(table, columns):
        return session.read.csv(f"{folder}/{table}.csv", header=True, schema=columns)

    def task(make, digest):
        def work():
            make().write.mode("overwrite").csv(out)

        def answer(_):
            rows = [row for file in sorted(glob.glob(f"{out}/part-*")) for row in csv.reader(open(file))]
            shutil.rmtree(out)
            session.catalog.clearCache()
            return digest(rows)

        return work, answer

    def transfers():
        return read("vertices", "id INT, risk DOUBLE"), read("edges", "src INT, dst INT, time BIGINT, amount DECIMAL(18, 2)")

    def matches(motif, condition, names, of_row):
        return task(lambda: find(*transfers(), motif).filter(condition).select(*(f.col(f"{v}.id").alias(v) for v in names)),
                    lambda rows: digest_of_matches(rows, len(names), of_row))

    serve(name, version, clock, {
        "identities": task(lambda: connect(read("identities", "src LONG, dst LONG")), digest_of_components),
        "structuring": matches(BRANCHES, IS_STRUCTURING, "abcdfg", lambda a, b, c, d, f, g: (a + b + d + f, c, g)),
        "cycles": matches(TRIANGLE, IS_CYCLE, "abc", lambda a, b, c: (a + 2 * b + 3 * c,)),
        "propagation": task(lambda: propagate(*transfers()), digest_of_scores),
    })
