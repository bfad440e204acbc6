"""Seconds and memory against transfers, both logarithmic. usage: plot.py TABLE.csv OUT.svg"""
import csv
import sys

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plot  # noqa: E402  (after the choice of the back end)

STAGES = {
    "total_s": "load and run", "load_s": "load", "run_s": "the whole run", "scenarios_s": "all scenarios", "gold_s": "write gold",
    "snapshot_s": "read snapshot", "graphs_s": "build graphs",
}
table, out = sys.argv[1:]
rows = sorted(csv.DictReader(open(table)), key=lambda row: int(row["transfers"]))
millions = [int(row["transfers"]) / 1e6 for row in rows]

# The same table gives the same bytes.
matplotlib.rcParams.update({"svg.hashsalt": "scaling", "svg.fonttype": "none", "font.size": 9, "axes.grid": True, "grid.alpha": 0.3})
figure, (time, memory) = plot.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
for column, label in STAGES.items():
    time.loglog(millions, [float(row[column]) for row in rows], marker="o", markersize=3, label=label,
                linewidth=2.2 if column == "total_s" else 1.2)
time.set(ylabel="seconds")
time.legend(loc="upper left", bbox_to_anchor=(1.02, 1), fontsize=8)
memory.loglog(millions, [int(row["peak_mib"]) for row in rows], marker="o", markersize=3)
memory.set(ylabel="peak memory of the run, MiB")
for axes in (time, memory):
    axes.set_xlabel("transfers, millions")
    axes.set_xticks(millions, [row["millions"] for row in rows], minor=False)
    axes.set_xticks([], minor=True)
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter("")
figure.savefig(out, metadata={"Date": None})
