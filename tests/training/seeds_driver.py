"""`digits train … --engine ray` on this machine, where tasks are killed in the middle.

    python seeds_driver.py FOLDER ARGUMENT…

Once the run folder FOLDER holds a checkpoint, all processes of tasks are killed; the line of its
first epoch is printed.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
os.environ["RAY_worker_niceness"] = "0"  # noqa: SIM112  # else they starve on a busy machine

import psutil
import ray

from digits.cli import main

TRIES = 5


def kill_later(folder: Path) -> None:
    """Kill the processes of all tasks, once the folder has a checkpoint."""
    while not (folder / "curves.csv").exists():  # it is written after the checkpoint
        time.sleep(0.005)
    for process in psutil.Process().children(recursive=True):
        if "ray::_task" in " ".join(process.cmdline()):
            process.kill()
    first = (folder / "curves.csv").read_text("utf-8").splitlines()[1]
    print(f"killed after {first}", flush=True)


def start() -> None:
    """Ray gives a node 30 s to start, which a busy machine may not have: try again."""
    for number in range(TRIES):
        try:
            ray.init(
                address="local",
                num_cpus=2,
                include_dashboard=False,
                object_store_memory=100_000_000,
                log_to_driver=False,
                logging_level="ERROR",
                _node_ip_address="127.0.0.1",
            )
            return
        except Exception as error:
            print(f"{type(error).__name__}: {error}", flush=True)
            ray.shutdown()
            if number == TRIES - 1:
                raise


if __name__ == "__main__":
    folder, *arguments = sys.argv[1:]
    start()
    threading.Thread(target=kill_later, args=(Path(folder),), daemon=True).start()
    code = main(arguments)
    ray.shutdown()
    for process in psutil.Process().children(recursive=True):  # of a start that failed, too
        process.kill()
    sys.exit(code)
