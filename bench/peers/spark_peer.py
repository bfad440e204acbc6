"""Spark without GraphFrames, which cannot be fetched everywhere: find() is the joins that GraphFrames plans, propagation the join and the
grouping of its Pregel, and components are GraphX's, which GraphFrames calls with algorithm = "graphx". usage: spark_peer.py FOLDER"""
import re
import sys

import pyspark
from pyspark.sql import DataFrame
from pyspark.sql import functions as f

import spark_tasks
from peer import Clock

folder = sys.argv[1]
clock = Clock()
with clock("start"):
    session = spark_tasks.start(folder)


def nest(frame, name):
    return frame.select(f.struct("*").alias(name))


def find(vertices, edges, motif):
    """Each edge and each named vertex is a struct, joined from left to right."""
    found, bound = None, set()
    for source, edge, target in re.findall(r"\((\w+)\)-\[(\w+)\]->\((\w+)\)", motif):
        ends = {source: f"{edge}.src", target: f"{edge}.dst"}
        if found is None:
            found = nest(edges, edge)
        else:
            found = found.join(nest(edges, edge), [f.col(end) == f.col(f"{v}.id") for v, end in ends.items() if v in bound])
        for v in ends.keys() - bound:
            found = found.join(nest(vertices, v), f.col(ends[v]) == f.col(f"{v}.id"))
        bound |= ends.keys()
    return found


def propagate(vertices, edges):
    edges = edges.select("src", "dst").persist()
    scores = vertices.withColumn("score", f.col("risk"))
    for _ in range(3):
        sent = edges.join(scores, edges.src == scores.id).groupBy("dst").agg(f.sum(scores.score / 2).alias("received"))
        scores = scores.join(sent, scores.id == sent.dst, "left").select(
            "id", "risk", f.coalesce(f.col("received") + f.col("risk"), f.col("score")).alias("score")).persist()
    return scores.select("id", "score")


def connect(_):
    """GraphX reads its edges itself, from the same rows in a text file."""
    jvm = session.sparkContext._jvm
    level = jvm.org.apache.spark.storage.StorageLevel.MEMORY_ONLY()
    integers = getattr(jvm.scala.reflect, "ClassTag$").__getattr__("MODULE$").Int()
    graph = jvm.org.apache.spark.graphx.GraphLoader.edgeListFile(session.sparkContext._jsc.sc(), f"{folder}/identities.txt", False, 1,
                                                                 level, level)
    pairs = jvm.org.apache.spark.graphx.lib.ConnectedComponents.run(graph, integers, integers).vertices()
    encoders = jvm.org.apache.spark.sql.Encoders
    frame = session._jsparkSession.createDataset(pairs, encoders.tuple(encoders.scalaLong(), encoders.scalaLong())).toDF()
    return DataFrame(frame, session)


spark_tasks.serve_tasks("Spark", pyspark.__version__, clock, session, folder, find, propagate, connect)
