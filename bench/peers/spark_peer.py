"""Spark on one core, from files to an answer: what GraphFrames would plan, without GraphFrames. Motifs are Spark SQL joins, propagation is a
join and a grouping in each round, components are GraphX's, which GraphFrames calls with algorithm = "graphx". usage: spark_peer.py FOLDER"""
import shutil
import sys
from pathlib import Path

import pyspark
from pyspark.sql import functions as f

import spark_session
from peer import Clock, serve

folder = sys.argv[1]
clock = Clock()
with clock("start"):
    session = spark_session.start(folder)


def query(name):
    text = Path(__file__).with_name("sql").joinpath(f"{name}.sql").read_text()

    def work():
        spark_session.read(session, folder, "edges", spark_session.EDGES).createOrReplaceTempView("edges")
        return session.sql(text).first()

    return work, lambda row: [int(value or 0) for value in row]


def propagation():
    edges = spark_session.read(session, folder, "edges", spark_session.EDGES).select("src", "dst").persist()
    scores = spark_session.read(session, folder, "vertices", spark_session.VERTICES).withColumn("score", f.col("risk"))
    rounds = [edges]
    for _ in range(3):
        sent = edges.join(scores, edges.src == scores.id).groupBy("dst").agg(f.sum(scores.score / 2).alias("received"))
        scores = scores.join(sent, scores.id == sent.dst, "left").select(
            "id", "risk", f.coalesce(f.col("received") + f.col("risk"), f.col("score")).alias("score")).persist()
        rounds.append(scores)
    out = spark_session.write(scores.select("id", "score"), folder)
    for frame in rounds:
        frame.unpersist()
    return out


def identities():
    jvm = session.sparkContext._jvm
    context = session.sparkContext._jsc.sc()
    level = jvm.org.apache.spark.storage.StorageLevel.MEMORY_ONLY()
    integers = getattr(jvm.scala.reflect, "ClassTag$").__getattr__("MODULE$").Int()
    graph = jvm.org.apache.spark.graphx.GraphLoader.edgeListFile(context, f"{folder}/identities.txt", False, 1, level, level)
    out = f"{folder}/spark_out"
    shutil.rmtree(out, ignore_errors=True)
    jvm.org.apache.spark.graphx.lib.ConnectedComponents.run(graph, integers, integers).vertices().saveAsTextFile(out)
    return out


def digest_of_identities(out):
    pairs = (",".join(row).strip("()").split(",") for row in spark_session.rows(out))
    return spark_session.digest_of_components({int(v): int(name) for v, name in pairs})


serve("Spark", pyspark.__version__, clock, {
    "identities": (identities, digest_of_identities),
    "structuring": query("structuring"),
    "cycles": query("cycles"),
    "propagation": (propagation, spark_session.digest_of_scores),
})
