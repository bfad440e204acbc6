"""`aml graph` from files to an answer, end to end: each task is a process of its own on one core. usage: aml_files_peer.py FOLDER AML"""
import csv
import io
import os
import subprocess
import sys
from collections import defaultdict

from peer import Clock, serve

folder, aml = sys.argv[1:]
os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

LEGS = " and ".join(f"{e}.amount >= 2000 and {e}.amount < 10000" for e in ("e1", "e2", "e3", "e4"))
RATIOS = " and ".join(f"{later}.amount >= 0.7 * {first}.amount and {later}.amount <= 1.05 * {first}.amount"
                      for first, later in (("e1", "e2"), ("e3", "e4")))


def graph(*arguments):
    command = [aml, "--quiet", "--format", "csv", "graph", *arguments]
    return lambda: subprocess.run(command, check=True, capture_output=True, text=True).stdout


def rows(text):
    return csv.DictReader(io.StringIO(text))


def digest_of_components(text):
    component = {int(row["id"]): int(row["component"]) for row in rows(text)}
    return [len(set(component.values())), sum(name * (v + 1) for v, name in component.items()) % 2**64]


def digest_of_scores(text):
    score = {int(row["id"]): float(row["risk_score"]) for row in rows(text)}
    return [sum(score.values()), sum(s * s for s in score.values()), sum(s * (v + 1) for v, s in score.items())]


def digest_of_cycles(text):
    payers = defaultdict(dict)
    for row in rows(text):
        payers[row["cycle"]][int(row["step"])] = int(row["src"])
    return [len(payers), sum((step + 1) * payer for cycle in payers.values() for step, payer in cycle.items())]


def digest_of_branches(text):
    found = [{name: int(value) for name, value in row.items()} for row in rows(text)]
    return [len(found), sum(row["a"] + row["b"] + row["d"] + row["f"] for row in found), sum(row["c"] for row in found),
            sum(row["g"] for row in found)]


edges = ("--edges", f"{folder}/edges.csv")
version = subprocess.run([aml, "--version"], check=True, capture_output=True, text=True).stdout.split()[-1]
serve("aml graph", version, Clock(), {
    "identities": (graph("components", "--edges", f"{folder}/identities.csv"), digest_of_components),
    "structuring": (graph("motif", "(a)-[e1]->(b); (b)-[e2]->(c); (d)-[e3]->(f); (f)-[e4]->(c); (c)-[e5]->(g)", *edges,
                          "--where", f"{LEGS} and {RATIOS}", "--time-order", "strict", "--window", "5d"), digest_of_branches),
    "cycles": (graph("cycles", *edges, "--min-length", "3", "--max-length", "3", "--window", "7d", "--time-order", "strict"),
               digest_of_cycles),
    "propagation": (graph("propagate", *edges, "--vertices", f"{folder}/vertices.csv", "--rounds", "3", "--mode", "literal"),
                    digest_of_scores),
})
