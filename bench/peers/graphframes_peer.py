"""GraphFrames, called as the accelerator does. Spark fetches its jar by itself. usage: graphframes_peer.py FOLDER"""
import sys

from pyspark.sql import functions as f

import spark_tasks
from peer import Clock

VERSION = "0.11.0"
folder = sys.argv[1]
clock = Clock()
with clock("start"):
    session = spark_tasks.start(folder, packages=f"io.graphframes:graphframes-spark4_2.13:{VERSION}")
    session.sparkContext.setCheckpointDir(f"{folder}/spark")
from graphframes import GraphFrame  # noqa: E402  (needs the session's jar)
from graphframes.lib import Pregel  # noqa: E402


def find(vertices, edges, motif):
    return GraphFrame(vertices, edges).find(motif)


def propagate(vertices, edges):
    pregel = GraphFrame(vertices, edges).pregel.setMaxIter(3).withVertexColumn(
        "risk_score", f.col("risk"), f.coalesce(Pregel.msg() + f.col("risk"), f.col("risk_score")))
    found = pregel.sendMsgToDst(Pregel.src("risk_score") / 2).aggMsgs(f.sum(Pregel.msg())).run()
    return found.select("id", "risk_score")


def connect(edges):
    vertices = edges.select(f.col("src").alias("id")).union(edges.select("dst")).distinct()
    return GraphFrame(vertices, edges).connectedComponents().select("id", "component")


spark_tasks.serve_tasks("GraphFrames", VERSION, clock, session, folder, find, propagate, connect)
