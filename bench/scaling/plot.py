"""Seconds and memory against transfers, both logarithmic. usage: plot.py TABLE.csv OUT.svg"""
import csv
import sys

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plot  # noqa: E402  (after the choice of the back end)

STAGES = {
    "total_s": "load and run", "load_s": "load (expectations, 5 indexes)", "run_s": "the whole run", "snapshot_s": "read snapshot",
    "graphs_s": "build graphs", "scenarios_s": "all scenarios", "gold_s": "write gold",
}
table, out = sys.argv[1:]
rows = sorted(csv.DictReader(open(table)), key=lambda row: int(row["transfers"]))
transfers = [int(row["transfers"]) for row in rows]

# The same table gives the same bytes.
matplotlib.rcParams.update({"svg.hashsalt": "scaling", "font.size": 9, "axes.grid": True, "grid.alpha": 0.3})
figure, (time, memory) = plot.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
for column, label in STAGES.items():
    time.loglog(transfers, [float(row[column]) for row in rows], marker="o", markersize=3, label=label,
                linewidth=2.2 if column == "total_s" else 1.2)
time.set(xlabel="transfers", ylabel="seconds")
time.legend(fontsize=8)
memory.loglog(transfers, [int(row["peak_mib"]) for row in rows], marker="o", markersize=3, label="peak of the run")
memory.set(xlabel="transfers", ylabel="MiB")
memory.legend(fontsize=8)
figure.savefig(out, metadata={"Date": None})
