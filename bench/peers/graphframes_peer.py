"""GraphFrames on one core, from files to an answer, as the accelerator calls it. usage: graphframes_peer.py FOLDER"""
import sys

from pyspark.sql import functions as f

import spark_session
from peer import Clock, serve

VERSION = "0.11.0"
folder = sys.argv[1]
clock = Clock()
with clock("start"):
    session = spark_session.start(folder, packages=f"io.graphframes:graphframes-spark4_2.13:{VERSION}")
    session.sparkContext.setCheckpointDir(f"{folder}/spark")
from graphframes import GraphFrame  # noqa: E402  (needs the session's jar)
from graphframes.lib import Pregel  # noqa: E402


def transfers():
    return GraphFrame(spark_session.read(session, folder, "vertices", spark_session.VERTICES),
                      spark_session.read(session, folder, "edges", spark_session.EDGES))


def identities():
    edges = spark_session.read(session, folder, "identities", "src LONG, dst LONG")
    vertices = edges.select(f.col("src").alias("id")).union(edges.select("dst")).distinct()
    found = GraphFrame(vertices, edges).connectedComponents()
    return spark_session.write(found.select("id", "component"), folder)


def propagation():
    pregel = transfers().pregel.setMaxIter(3).withVertexColumn(
        "risk_score", f.col("risk"), f.coalesce(Pregel.msg() + f.col("risk"), f.col("risk_score")))
    found = pregel.sendMsgToDst(Pregel.src("risk_score") / 2).aggMsgs(f.sum(Pregel.msg())).run()
    return spark_session.write(found.select("id", "risk_score"), folder)


def cycles():
    return transfers().find("(a)-[e1]->(b); (b)-[e2]->(c); (c)-[e3]->(a)").filter(
        "e1.time < e2.time and e2.time < e3.time and e3.time - e1.time <= 7 * 86400 and a.id <> b.id and b.id <> c.id and c.id <> a.id"
    ).selectExpr("count(*)", "sum(a.id + 2 * b.id + 3 * c.id)").first()


def structuring():
    legs = " and ".join(f"{e}.amount >= 2000 and {e}.amount < 10000" for e in ("e1", "e2", "e3", "e4"))
    return transfers().find(
        "(a)-[e1]->(b); (b)-[e2]->(c); (f)-[e4]->(c); (d)-[e3]->(f); (c)-[e5]->(g)"
    ).filter(
        f"{legs} and e2.amount between 0.7 * e1.amount and 1.05 * e1.amount and e4.amount between 0.7 * e3.amount and 1.05 * e3.amount"
    ).filter(
        "e1.time < e2.time and e3.time < e4.time and e2.time < e5.time and e4.time < e5.time"
        " and e5.time - e1.time <= 5 * 86400 and e5.time - e3.time <= 5 * 86400"
    ).filter(
        "a.id < d.id and a.id not in (b.id, f.id) and d.id not in (b.id, f.id) and b.id <> f.id"
        " and c.id not in (a.id, b.id, d.id, f.id) and g.id not in (a.id, b.id, c.id, d.id, f.id)"
    ).selectExpr("count(*)", "sum(a.id + b.id + d.id + f.id)", "sum(c.id)", "sum(g.id)").first()


def numbers(row):
    return [int(value or 0) for value in row]


serve("GraphFrames", VERSION, clock, {
    "identities": (identities, lambda out: spark_session.digest_of_components({int(v): int(c) for v, c in spark_session.rows(out)})),
    "structuring": (structuring, numbers),
    "cycles": (cycles, numbers),
    "propagation": (propagation, spark_session.digest_of_scores),
})
