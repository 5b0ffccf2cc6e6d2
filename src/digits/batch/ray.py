"""The engine on a Ray cluster: the same shards, read by actors, written as Parquet by Ray Data.

What is done is kept by Ray's own checkpoints (`ray.data.checkpoint.CheckpointConfig`): a pending
file of shard ids, the data file, and the pending file renamed. Three things are set for them:

- A shard is one row of the input and one block of the output, so that each is a checkpoint; with
  Ray's default sizes of blocks the only one would come at the end.
- Ids are those of shards, not of pictures: all of them are held in memory when a job goes on.
- Going on, Ray has an actor that takes a whole CPU (CheckpointFilter). What is ours asks for
  fractions, so that a cluster of two CPUs does not wait for a third one for ever.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from digits.batch.ledger import Ledger
from digits.batch.rows import Rows
from digits.batch.shards import Shard, items
from digits.batch.sinks import schema, storable
from digits.batch.workers import How, Pool
from digits.errors import DigitsError, require

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing goes out but what a command is for

SHARD = "shard"
# Of those that Ray counts; an actor's process uses a whole core, so Ray Data spreads them.
ACTOR_CPUS = 0.25
TASK_CPUS = 0.1


def connected() -> ModuleType:
    """Ray, connected to the cluster that it finds, or else to one that it starts here."""
    ray = require("ray", "ray")
    if not ray.is_initialized():
        ray.init(log_to_driver=False, logging_level="ERROR", include_dashboard=False)
    return ray


def run(ledger: Ledger, how: How, jobs: int | None, seconds: float, *, out: str) -> None:
    """Read the shards that have no checkpoint yet, on the cluster that Ray finds, or else here.

    jobs: actors, each with one process that reads; None for as many as the cluster has CPUs.
    seconds: that a page may take. out: a folder or a URL that all nodes can write to. Raises
    DigitsError if Ray gives up.
    """
    ray = connected()
    data = require("ray.data", "ray")
    context = data.DataContext.get_current()
    context.print_on_execution_start = False
    context.enable_progress_bars = sys.stderr.isatty()
    context.checkpoint_config = data.checkpoint.CheckpointConfig(
        SHARD, f"{out}/_job/checkpoints", delete_checkpoint_on_success=False
    )
    cpus = int(ray.cluster_resources()["CPU"])
    actors = max(1, min(jobs or cpus, ledger.inputs["shards"]))
    try:
        _written(data, ledger, how, actors, seconds, out)
    except Exception as error:  # Ray's errors share no base but Exception
        raise DigitsError(f"Ray gave up ({type(error).__name__}: {_last_line(error)})") from error


def _written(data: Any, ledger: Ledger, how: How, actors: int, seconds: float, out: str) -> None:
    source = shard_source(list(ledger.shards()))
    shards = data.read_datasource(
        source,
        override_num_blocks=ledger.inputs["shards"],
        num_cpus=TASK_CPUS,
    )
    rows = shards.map_batches(
        Actor,
        fn_constructor_args=(how, seconds, str(Path.cwd())),
        batch_size=1,
        batch_format="pyarrow",
        num_cpus=ACTOR_CPUS,
        compute=data.ActorPoolStrategy(size=actors),
    )
    rows.write_parquet(out, ray_remote_args={"num_cpus": TASK_CPUS})


class Actor:
    """Reads shards; its networks are opened once, in a process that can be ended."""

    def __init__(self, how: How, seconds: float, folder: str) -> None:
        """folder: that paths are meant from, if it is there on this node."""
        with contextlib.suppress(OSError):
            os.chdir(folder)
        self._pool = Pool(how, 1, seconds)

    def __call__(self, batch: Any) -> Any:
        """A table of one shard → the table of its rows."""
        pyarrow = require("pyarrow", "ray")
        [number], [content] = batch[SHARD].to_pylist(), batch["entries"].to_pylist()
        shard = Shard.from_list(number, json.loads(content))
        rows = list(_rows(self._pool.read(items(shard))))
        columns = pyarrow.array([number] * len(rows), pyarrow.int64())
        table = pyarrow.Table.from_pylist(rows, schema=schema())
        return table.append_column(SHARD, columns)


def _rows(results: Iterable[tuple[Any, list[Rows]]]) -> Iterator[dict[str, Any]]:
    for _, pages in results:
        for row in (value for rows in pages for value in rows.values):
            yield storable(row)


def shard_source(shards: list[Shard]) -> Any:
    """A source of Ray Data that gives a row for each shard, each in a block of its own."""
    from ray.data.block import BlockMetadata
    from ray.data.datasource import Datasource, ReadTask

    pyarrow = require("pyarrow", "ray")
    columns = pyarrow.schema({SHARD: pyarrow.int64(), "entries": pyarrow.string()})

    def task(shard: Shard) -> Any:
        content = json.dumps(shard.to_list())
        row = {SHARD: [shard.number], "entries": [content]}
        metadata = BlockMetadata(1, len(content), None, None)
        return ReadTask(lambda: [pyarrow.table(row, schema=columns)], metadata, columns)

    class Shards(Datasource):
        def estimate_inmemory_data_size(self) -> int | None:
            return None

        def get_read_tasks(self, parallelism: int, *_: Any, **__: Any) -> list[Any]:
            return [task(shard) for shard in shards]

    return Shards()  # type: ignore[no-untyped-call]


def summary(out: str) -> Counter[str]:
    """How many rows of the output have which class of error; those without under ""."""
    fs, dataset = require("pyarrow.fs", "ray"), require("pyarrow.dataset", "ray")
    filesystem, path = fs.FileSystem.from_uri(out)
    table = dataset.dataset(path, format="parquet", filesystem=filesystem)
    counts = Counter[str]()
    for batch in table.to_batches(columns=["error_class"]):
        counts.update(each or "" for each in batch["error_class"].to_pylist())
    return counts


def _last_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [""])[-1]
