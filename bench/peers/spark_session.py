"""What the two Spark peers share: a session on one core, the files as data frames, answers from what was written."""
import csv
import glob
import shutil
import sys

from pyspark.sql import SparkSession

EDGES = "src INT, dst INT, time BIGINT, amount DECIMAL(18, 2)"
VERTICES = "id INT, risk DOUBLE"


def start(folder, packages=""):
    builder = (SparkSession.builder.master("local[1]").config("spark.driver.memory", "8g").config("spark.ui.enabled", "false")
               .config("spark.sql.shuffle.partitions", "8").config("spark.ui.showConsoleProgress", "false")
               .config("spark.log.level", "ERROR")               .config("spark.local.dir", f"{folder}/spark"))
    if packages:
        builder = builder.config("spark.jars.packages", packages)
    try:
        session = builder.getOrCreate()
    except Exception as error:  # Java is not installed, or the packages cannot be fetched
        sys.exit(f"Spark does not start{f', {packages} cannot be fetched' if packages else ''}: {type(error).__name__}")
    session.range(1000).groupBy().sum().collect()  # the first job pays for what all later ones use
    return session


def read(session, folder, table, columns):
    return session.read.csv(f"{folder}/{table}.csv", header=True, schema=columns)


def write(frame, folder):
    """Writes the columns as CSV, and returns where."""
    out = f"{folder}/spark_out"
    frame.write.mode("overwrite").csv(out)
    return out


def rows(out):
    """What was written, removed when it has been read."""
    found = [row for file in sorted(glob.glob(f"{out}/part-*")) for row in csv.reader(open(file))]
    shutil.rmtree(out)
    return found


def digest_of_components(component):
    """component: vertex -> name of its component."""
    smallest = {}
    for v, name in component.items():
        smallest[name] = min(v, smallest.get(name, v))
    return [len(smallest), sum(smallest[name] * (v + 1) for v, name in component.items()) % 2**64]


def digest_of_scores(out):
    score = {int(v): float(s) for v, s in rows(out)}
    return [sum(score.values()), sum(s * s for s in score.values()), sum(s * (v + 1) for v, s in score.items())]
