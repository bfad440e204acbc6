# SPDX-License-Identifier: Apache-2.0
"""The isolation forest beside its peers. bench/forest/run calls this in an environment that has them."""
import csv
import os
import pathlib
import subprocess
import sys
import time

import numpy as np
from scipy.stats import spearmanr
from sklearn.ensemble import IsolationForest
from sklearn.metrics import average_precision_score, roc_auc_score

WORK = pathlib.Path("build/bench-forest")
AML = "build/release/cli/aml"
ROWS, COLUMNS, TREES = 1_000_000, 10, 100
RANKED_TREES, RANKED_ROWS = 500, 50_000
SPLITS = ("random", "kurtosis", "pooled_gain", "oblique")
# On cardio scores of ten seeds have a mean that lies 0.01 off that of the next ten: too few to tell two programs apart, enough to tell apart ways of splitting.
SPLIT_SEEDS = 10


def machine():
    model = next((line.split(": ")[1].strip() for line in open("/proc/cpuinfo") if "model name" in line), "?")
    return f"{os.cpu_count()} cores, {model}, load {os.getloadavg()[0]:.1f}"


# ---- accuracy


def aml_scores(file, seed, splits):
    """Through the program, as a user would."""
    model = WORK / "model"
    subprocess.run([AML, "-q", "forest", "fit", "--data", file, "--label", "label", "--model", model, "--seed", str(seed), "--splits", splits],
                   check=True, stdout=subprocess.DEVNULL)
    text = subprocess.run([AML, "--format", "csv", "forest", "score", "--data", file, "--model", model],
                          check=True, stdout=subprocess.PIPE, text=True).stdout
    return np.array([float(row["anomaly_score"]) for row in csv.DictReader(text.splitlines())])


def quality(labels, scores):
    return roc_auc_score(labels, scores), average_precision_score(labels, scores)


def accuracy(folder, seeds):
    files = sorted(pathlib.Path(folder).glob("*.csv.gz"))
    if not files:
        print(f"No labelled sets in {folder}: accuracy is not measured.\n")
        return
    print(f"Mean ROC-AUC / average precision, {TREES} trees of 256 rows; scikit-learn and ours over the seeds 0 to {seeds - 1}, the other ways of splitting over the first {min(seeds, SPLIT_SEEDS)}.\n")
    print("| data set | scikit-learn | ours | difference | kurtosis | pooled gain | oblique |\n|---|---|---|---|---|---|---|")
    for file in files:
        table = np.loadtxt(file, delimiter=",", skiprows=1)
        labels, rows = table[:, -1], table[:, :-1].astype(np.float32)
        peer = np.mean([quality(labels, -IsolationForest(random_state=seed).fit(rows).score_samples(rows)) for seed in range(seeds)], axis=0)
        ours = {splits: np.mean([quality(labels, aml_scores(file, seed, splits)) for seed in range(seeds if splits == "random" else min(seeds, SPLIT_SEEDS))], axis=0)
                for splits in SPLITS}
        difference = ours["random"] - peer
        cells = [f"{auc:.4f} / {precision:.3f}" for auc, precision in (peer, ours["random"])]
        cells.append(f"{difference[0]:+.4f} / {difference[1]:+.3f}")
        cells += [f"{auc:.4f} / {precision:.3f}" for auc, precision in (ours[splits] for splits in SPLITS[1:])]
        name = file.name.removesuffix(".csv.gz").split("_", 1)[-1].lower()
        print(f"| {name} ({len(rows):,} x {rows.shape[1]}) | {' | '.join(cells)} |", flush=True)
    print()


# ---- speed. Each contender is a process of its own: its allocator and its warm caches are nobody else's.


def run_ours(rows, trees, seed, out):
    text = subprocess.run(["build/release/bench/forest_bench", rows, str(COLUMNS), str(trees), str(seed), out],
                          check=True, stdout=subprocess.PIPE, text=True).stdout
    return [float(number) for number in text.split()]


def run_peer(peer, rows, trees, seed, out):
    text = subprocess.run([sys.executable, __file__, "--peer", peer, rows, str(trees), str(seed), out],
                          check=True, stdout=subprocess.PIPE, text=True).stdout
    return [float(number) for number in text.split()]


def peer_process(peer, rows, trees, seed, out):
    """Prints CPU seconds of fitting and of scoring, each from data in the form the peer likes best."""
    data = np.fromfile(rows, dtype=np.float32).reshape(-1, COLUMNS)
    if peer == "scikit-learn":
        fitted = scored = data
        model = IsolationForest(n_estimators=int(trees), random_state=int(seed), n_jobs=1)
        score = lambda: -model.score_samples(scored)
    else:
        import isotree
        fitted, scored = np.asfortranarray(data, dtype=np.float64), data.astype(np.float64)
        model = isotree.IsolationForest(ntrees=int(trees), sample_size=256, ndim=1, missing_action="fail", random_seed=int(seed), nthreads=1)
        score = lambda: model.predict(scored)
    start = time.process_time()
    model.fit(fitted)
    middle = time.process_time()
    scores = score()
    end = time.process_time()
    np.asarray(scores, dtype=np.float64).tofile(out)
    print(middle - start, end - middle)


def speed(rounds):
    rows = WORK / "rows.f32"
    generator = np.random.default_rng(1)
    spread = generator.lognormal(0, 0.7, size=(ROWS, 1))
    data = (generator.standard_normal((ROWS, COLUMNS)) * spread).astype(np.float32)
    data.tofile(rows)
    few = WORK / "few.f32"
    data[:RANKED_ROWS].tofile(few)

    runs = {"ours": lambda *arguments: run_ours(*arguments), "scikit-learn": lambda *arguments: run_peer("scikit-learn", *arguments)}
    try:
        import isotree  # noqa: F401
        runs["isotree"] = lambda *arguments: run_peer("isotree", *arguments)
    except ImportError:
        pass
    times = {name: [] for name in runs}
    for seed in range(rounds):
        for name, run in runs.items():
            times[name].append(run(rows, TREES, seed, WORK / "scores.f64"))
    median = {name: np.median(figures, axis=0) for name, figures in times.items()}
    total = {name: figures[0] + figures[1] for name, figures in median.items()}

    ranked = {}
    for name, seed in [(name, 1) for name in runs] + [("scikit-learn", 2)]:
        runs[name](few, RANKED_TREES, seed, WORK / "scores.f64")
        ranked[name, seed] = np.fromfile(WORK / "scores.f64")

    print(f"{ROWS:,} distinct rows in random order x {COLUMNS}, normal, each row with a lognormal spread of its own; {TREES} trees of 256 rows; one thread; CPU seconds, medians of {rounds} rounds "
          f"in turn. Last column: rank correlation with our scores, {RANKED_TREES} trees over {RANKED_ROWS:,} rows.\n")
    print("| | fit s | score s | microseconds a row | both / ours | rank correlation |\n|---|---|---|---|---|---|")
    for name, (fit, score, *_) in median.items():
        rank = spearmanr(ranked["ours", 1], ranked[name, 1]).statistic
        print(f"| {name} | {fit:.4f} | {score:.3f} | {score / ROWS * 1e6:.2f} | {total[name] / total['ours']:.2f} | {rank:.4f} |")
    itself = spearmanr(ranked["scikit-learn", 1], ranked["scikit-learn", 2]).statistic
    print(f"\nTwo seeds of scikit-learn have a rank correlation of {itself:.4f}. Our model: {median['ours'][2]:.0f} bytes a tree.")


def main():
    if sys.argv[1:2] == ["--peer"]:
        peer_process(*sys.argv[2:])
        return
    folder, seeds, rounds = (sys.argv[1:] + ["../shared/data/anomaly", "40", "3"][len(sys.argv) - 1:])[:3]
    WORK.mkdir(parents=True, exist_ok=True)
    print(f"Machine: {machine()}\n")
    accuracy(folder, int(seeds))
    speed(int(rounds))


main()
