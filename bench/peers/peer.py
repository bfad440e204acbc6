"""The protocol between compare.py and a peer: a process of its own that holds a data set in memory.

The peer prints one line of JSON when it is ready (name, version, load_seconds, build_seconds), then answers each task that a
line of standard input names with one line: task, seconds, answer; or task and error. What turns a result into an answer that
can be compared is not timed.
"""
import json
import sys
import time
from contextlib import contextmanager


class Clock:
    """Seconds of the stages of loading: `with clock("load"): ...`"""

    def __init__(self):
        self.seconds = {}

    @contextmanager
    def __call__(self, stage):
        start = time.perf_counter()
        yield
        self.seconds[f"{stage}_seconds"] = round(time.perf_counter() - start, 3)


def serve(name, version, clock, tasks):
    """tasks: name -> (work, digest); digest(work()) is the answer, a list of numbers."""
    # What a library prints must not be taken for the protocol.
    channel, sys.stdout = sys.stdout, sys.stderr

    def say(message):
        print(json.dumps(message), file=channel, flush=True)

    say({"name": name, "version": version, **clock.seconds})
    for line in sys.stdin:
        task = line.strip()
        work, digest = tasks[task]
        try:
            start = time.perf_counter()
            result = work()
            seconds = time.perf_counter() - start
            say({"task": task, "seconds": round(seconds, 6), "answer": digest(result)})
        except Exception as error:  # a peer that fails at one task is asked the next one
            text = str(error).strip()
            say({"task": task, "error": text.splitlines()[0] if text else type(error).__name__})
