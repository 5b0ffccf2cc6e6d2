"""How many threads should a process that reads have, when there is one for each core?

.venv/bin/python benchmarks/workers.py [TURNS]

The sample pictures are read by one and by two worker processes, whose networks and OpenCV have one
thread each, or as many as the machine has cores, with and without spinning. All ways are taken in
turn, TURNS times (default 3); the table gives medians: pictures a second, CPU time of the workers
for a picture, and how two workers compare with twice one of the same kind.
"""

from __future__ import annotations

import os
import platform
import statistics
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path

import cv2
import onnxruntime
import psutil

from digits.batch import workers
from digits.batch.shards import Item
from digits.batch.workers import How, Pool, outcomes
from digits.model.session import cores
from digits.reading.reader import Reader

SAMPLES = sorted(Path(__file__).parents[1].glob("samples/*.jpg"))
PICTURES = 24
WAYS = ("one thread", "a thread for each core", "the same, spinning")


def work(connection: Connection, how: How) -> None:
    """As `digits.batch.workers.work`, but with the threads that the environment says."""
    way = os.environ["WAY"]
    if way == WAYS[2]:
        onnxruntime.SessionOptions.add_session_config_entry = lambda *_: None
    threads = 1 if way == WAYS[0] else cores()
    cv2.setNumThreads(threads)
    reader = Reader(threads=threads).warm_up()
    connection.send(None)
    while True:
        item = connection.recv()
        for rows in outcomes(reader, item, how):
            connection.send(rows)
        connection.send(None)


def measured(way: str, jobs: int) -> tuple[float, float]:
    """Pictures a second, and CPU seconds for a picture."""
    os.environ["WAY"] = way
    items = [Item(str(SAMPLES[k % len(SAMPLES)]), str(SAMPLES[k % len(SAMPLES)]))
             for k in range(PICTURES)]  # fmt: skip
    with Pool(How("default", "text"), jobs, 600) as pool:
        for _ in pool.read(items[: 2 * jobs]):  # until all processes are ready
            pass
        processes = [psutil.Process(worker.process.pid) for worker in pool._workers]
        begin, before = time.perf_counter(), sum(sum(p.cpu_times()[:2]) for p in processes)
        for _ in pool.read(items):
            pass
        seconds = time.perf_counter() - begin
        used = sum(sum(p.cpu_times()[:2]) for p in processes) - before
    return PICTURES / seconds, used / PICTURES


def main() -> None:
    turns = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    workers.work = work
    taken = {(way, jobs): [] for way in WAYS for jobs in (1, 2)}
    for _ in range(turns):
        for way, jobs in taken:
            taken[way, jobs].append(measured(way, jobs))
    print(f"{platform.machine()}, {cores()} cores, Python {platform.python_version()}, "
          f"{PICTURES} pictures, n={turns}; load {os.getloadavg()[0]:.1f}")  # fmt: skip
    print(f"{'':24} {'1 worker':>18} {'2 workers':>20} {'2 / (2 × 1)':>12}")
    for way in WAYS:
        rates, used = (
            [statistics.median(each) for each in column]
            for column in zip(*[list(zip(*taken[way, jobs], strict=True)) for jobs in (1, 2)],
                              strict=True)
        )  # fmt: skip
        shown = [f"{r:5.1f}/s {1000 * u:5.0f} ms CPU" for r, u in zip(rates, used, strict=True)]
        print(f"{way:24} {shown[0]:>18} {shown[1]:>20} {rates[1] / rates[0] / 2:>11.0%}")


if __name__ == "__main__":
    main()
