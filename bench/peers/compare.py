"""Asks amlgraph and its peers the same tasks on one data set, in turn, and prints a table. Exit code 1 if answers differ.

usage: compare.py FOLDER URL      FOLDER: vertices.csv, edges.csv and, if there are parties, identities.csv; URL: PostgreSQL's
"""
import json
import math
import os
import statistics
import subprocess
import sys
import threading
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = ROOT / "build" / "release"
VENV = str(ROOT / "build" / "peers" / "venv" / "bin" / "python")
DEBIAN = "/usr/bin/python3"

ROUNDS = 5           # and fewer for a peer that has
SECONDS_A_TASK = 20  # taken so long for one task
SECONDS_AT_MOST = 240  # for one answer; the peer is ended then

# What is measured: title, and the least ratio peer / amlgraph that we want to see.
RESIDENT = {
    "components": ("weak components", {"igraph": 15, "graph-tool": 15}),
    "propagation": ("propagation, 3 rounds, literal", {"scipy": 1}),
    "two_paths": ("two-paths, counted", {"DuckDB": 20, "PostgreSQL": 50}),
    "two_paths_in_order": ("two-paths in time order inside a day, counted", {"DuckDB": 20, "PostgreSQL": 50}),
    "chains_in_order": ("three transfers in time order, a day each, counted", {"DuckDB": 20, "PostgreSQL": 50}),
    "triangles": ("triangles in any order, counted", {"DuckDB": 20, "PostgreSQL": 50}),
    "structuring": ("structuring motif, five edges inside 5 days", {"DuckDB": 20, "PostgreSQL": 50}),
    "cycles": ("3-cycles in time order inside 7 days", {"DuckDB": 15}),
    "two_paths_by_degree": ("two-paths, SQL by degrees", {}),
    "book_motif": ("the book's motif of six edges, SQL by hand", {}),
}
# The same question put to a peer in other words.
SAME_QUESTION = {"two_paths_by_degree": "two_paths"}
SPARK = {"GraphFrames": 100, "Spark": 100}
FROM_FILES = {
    "identities": ("components of parties and attributes", SPARK),
    "propagation": ("propagation, 3 rounds, literal", SPARK),
    "cycles": ("3-cycles in time order inside 7 days", SPARK),
    "structuring": ("structuring motif, five edges inside 5 days", SPARK),
}


class Peer:
    """One process. `ready` is its first line; `missing` says why there is none, or why it has ended."""

    def __init__(self, name, command, tasks, log):
        self.name, self.tasks, self.missing = name, tasks, ""
        self.results = {task: [] for task in tasks}
        self.failures = {}
        self.log = log / f"{name}.log"
        # Numeric libraries beside scipy's own loops would use every core.
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        try:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=open(self.log, "w"),
                                            text=True, env=environment)
        except FileNotFoundError as error:
            self.ready, self.missing = {"name": name}, str(error)
            return
        self.ready = self.read_line() or {"name": name}

    def read_line(self):
        """The next line as JSON; None if the process has ended or is ended because it takes too long."""
        stop = threading.Timer(SECONDS_AT_MOST, self.process.kill)
        stop.start()
        line = self.process.stdout.readline()
        stop.cancel()
        if line:
            return json.loads(line)
        late = self.process.wait() == -9
        said = self.log.read_text().strip().splitlines() or ["it ended without a word"]
        self.missing = f"> {SECONDS_AT_MOST} s" if late else said[-1][:160]
        return None

    def ask(self, task):
        if self.missing or task in self.failures or sum(r["seconds"] for r in self.results[task]) > SECONDS_A_TASK:
            return
        try:
            print(task, file=self.process.stdin, flush=True)
        except BrokenPipeError:
            pass  # read_line() says why
        result = self.read_line()
        if result is None:
            self.failures[task] = self.missing
        elif "error" in result:
            self.failures[task] = result["error"]
        else:
            self.results[task].append(result)

    def end(self):
        if not self.missing:
            self.process.stdin.close()
            self.process.wait()

    def median(self, task):
        return statistics.median(result["seconds"] for result in self.results[task])


def same(ours, theirs):
    """Whole numbers are equal, others nearly."""
    return len(ours) == len(theirs) and all(
        a == b if isinstance(a, int) and isinstance(b, int) else math.isclose(a, b, rel_tol=1e-9) for a, b in zip(ours, theirs))


def measure(peers, tasks):
    for task in tasks:
        for _ in range(ROUNDS):
            for peer in peers:
                if task in peer.tasks:
                    peer.ask(task)


def row(task, title, target, ours, peer):
    """One line of the table, and whether the answers agree."""
    wanted = f">= {target}" if target else ""
    if task in peer.failures or not peer.results[task]:
        why = peer.failures.get(task) or ("missing" if "version" not in peer.ready else peer.missing)
        return f"| {title} | {peer.ready['name']} | | {why} | | | | {wanted} |", True
    answers = [result["answer"] for result in peer.results[task]]
    own_task = SAME_QUESTION.get(task, task)
    own = ours.results[own_task][0]["answer"]
    agree = all(same(own, answer) for answer in answers)
    ratio = peer.median(task) / ours.median(own_task)
    cells = [title, peer.ready["name"], f"{own[0]:,}" if isinstance(own[0], int) else f"{own[0]:.6g}",
             f"{peer.median(task):.4f}", str(len(answers)), f"{ours.median(own_task):.4f}",
             f"**{ratio:.1f}**" if agree else f"ANSWERS DIFFER: {answers[0]}", wanted]
    return "| " + " | ".join(cells) + " |", agree


def table(title, tasks, ours, peers):
    print(f"\n{title}\n")
    print("| task | peer | answer | peer, s | rounds | amlgraph, s | peer / amlgraph | wanted |\n|---|---|---|---|---|---|---|---|")
    agreed = True
    for task, (what, targets) in tasks.items():
        for peer in peers:
            if task in peer.tasks:
                line, agree = row(task, what, targets.get(peer.name), ours, peer)
                agreed = agreed and agree
                print(line)
    return agreed


def in_all(tasks, ours, peers):
    """The sum over the tasks, for each peer that has answered all of them."""
    for peer in peers:
        if all(peer.results[task] for task in tasks):
            seconds = sum(peer.median(task) for task in tasks)
            own = sum(ours.median(task) for task in tasks)
            print(f"\nAll of these together: {peer.name} {seconds:.1f} s, amlgraph {own:.2f} s, ratio **{seconds / own:.1f}**.")


def loads(peers):
    stages = [stage for stage in ("start", "load", "build") if any(f"{stage}_seconds" in peer.ready for peer in peers)]
    print("\n| | version |" + "".join(f" {stage}, s |" for stage in stages) + "\n|---|---|" + "---|" * len(stages))
    for peer in peers:
        what = peer.ready.get("version") or f"missing: {peer.missing}"
        print(f"| {peer.name} | {what} |" + "".join(f" {peer.ready.get(f'{stage}_seconds', '')} |" for stage in stages))


def compare(title, tasks, make_ours, make_peers):
    """Starts amlgraph and the peers, measures, and ends them all."""
    ours = make_ours()
    if ours.missing:
        sys.exit(f"error: {ours.name}: {ours.missing}, see {ours.log}")
    peers = make_peers()
    measure([ours, *peers], [task for task in tasks if task in ours.tasks or task in SAME_QUESTION])
    for peer in (ours, *peers):
        peer.end()
    loads([ours, *peers])
    if "bytes_an_edge" in ours.ready:
        total, arrays, peak = (ours.ready[name] for name in ("bytes_an_edge", "array_bytes_an_edge", "peak_bytes_an_edge"))
        print(f"\nOur graph takes {arrays} bytes an edge, and {total - arrays:.1f} for the keys of transfers and accounts; from the file to "
              f"the graph at most {peak} ({peak / total:.2f} times what stays).")
    agreed = table(title, tasks, ours, peers)
    if tasks is not RESIDENT:
        in_all(tasks, ours, peers)
    return agreed


def main():
    folder, url = sys.argv[1:]
    logs = Path(folder) / "logs"
    logs.mkdir(exist_ok=True)

    def python(name, interpreter, file, tasks, *arguments):
        return Peer(name, [interpreter, str(HERE / file), folder, *arguments], set(tasks), logs)

    sql = {file.stem for file in (HERE / "sql").glob("*.sql")}
    agreed = compare(
        "In memory, loaded and built on both sides, one thread:", RESIDENT,
        lambda: Peer("amlgraph", [str(BUILD / "bench" / "peer_bench"), folder], set(RESIDENT) - set(SAME_QUESTION), logs),
        lambda: [
            python("igraph", DEBIAN, "igraph_peer.py", ["components"]),
            python("graph-tool", DEBIAN, "graph_tool_peer.py", ["components"]),
            python("scipy", DEBIAN, "scipy_peer.py", ["components", "propagation"]),
            python("DuckDB", VENV, "duckdb_peer.py", sql),
            python("PostgreSQL", DEBIAN, "postgres_peer.py", sql, url),
        ])
    tasks = FROM_FILES
    if not (Path(folder) / "identities.csv").exists():
        print("\nSkipped: components of parties and attributes, this data has no parties.")
        tasks = {task: what for task, what in FROM_FILES.items() if task != "identities"}
    agreed &= compare(
        "End to end, from CSV files to an answer: amlgraph is a new process for each (`aml graph`), Spark is up and warm before:", tasks,
        lambda: python("aml graph", DEBIAN, "aml_files_peer.py", tasks, str(BUILD / "cli" / "aml")),
        lambda: [python("GraphFrames", VENV, "graphframes_peer.py", tasks), python("Spark", VENV, "spark_peer.py", tasks)])
    if not agreed:
        sys.exit("error: answers differ, see above")


main()
