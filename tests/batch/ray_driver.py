"""`digits …` on a Ray cluster of this machine.

    python ray_driver.py CPUS NODES CHECKPOINTS ARGUMENT…

NODES nodes of CPUS CPUs each; with more than one, the last is killed once there are files in the
folder CHECKPOINTS.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
os.environ["RAY_worker_niceness"] = "0"  # noqa: SIM112  # else they starve on a busy machine

import ray
from ray.cluster_utils import Cluster

from digits.cli import main

T = TypeVar("T")
TRIES = 5
MEMORY = 100_000_000  # bytes of each object store


def kill_later(cluster: Cluster, checkpoints: Path) -> None:
    """Kill the last node once something is done."""
    while len(list(checkpoints.glob("*[!g].parquet"))) < 2:
        time.sleep(0.05)
    cluster.remove_node(cluster.worker_nodes.copy().pop(), allow_graceful=False)
    print("node killed", flush=True)


def patiently(do: Callable[[], T]) -> T:
    """Try again: Ray gives a node 30 s to start, which a busy machine may not have."""
    for _ in range(TRIES - 1):
        try:
            return do()
        except Exception as error:
            print(f"{type(error).__name__}: {error}", flush=True)
            ray.shutdown()
    return do()


def start(cpus: int, nodes: int, checkpoints: Path) -> None:
    node: dict[str, Any] = {"num_cpus": cpus, "object_store_memory": MEMORY}
    head = node | {"include_dashboard": False}
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
    if nodes == 1:
        patiently(lambda: ray.init(address="local", _node_ip_address="127.0.0.1", **(head | quiet)))
        return
    cluster = patiently(lambda: Cluster(True, head_node_args=head))
    for _ in range(nodes - 1):
        patiently(lambda: cluster.add_node(**node))
    ray.init(address=cluster.address, **quiet)
    threading.Thread(target=kill_later, args=(cluster, checkpoints), daemon=True).start()


if __name__ == "__main__":
    cpus, nodes, checkpoints, *arguments = sys.argv[1:]
    start(int(cpus), int(nodes), Path(checkpoints))
    sys.exit(main(arguments))
