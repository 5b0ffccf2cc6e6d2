"""Several seeds of a recipe as independent runs: in processes here, or as tasks on Ray."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import signal
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread
from typing import Any

from digits.errors import DigitsError
from digits.files import write_json
from digits.io.quiet import quiet_tensorflow
from digits.synth.pool import end_with_parent
from digits.training.curves import draw_curves, read_curves
from digits.training.memory import keep_freed_memory
from digits.training.recipe import Recipe

SUMMARY = "seeds.json"
CONTEXT = multiprocessing.get_context("spawn")  # forked ones would share TensorFlow's locks
RETRIES = 3  # of a task whose process or node is lost


@dataclass(frozen=True, slots=True)
class Job:
    """The arguments of `digits.training.fit.train` that all seeds share; `out` has a run folder
    for each."""

    recipe: Recipe
    out: Path
    data: Path | None = None
    tensorboard: bool = False

    def folder(self, seed: int) -> Path:
        """The run folder of a seed."""
        return self.out / f"seed-{seed:02}"

    def train(self, seed: int) -> str:
        """Train a seed from its last checkpoint on; returns "", or what a user should know. For a
        process of its own."""
        quiet_tensorflow()
        keep_freed_memory()
        from digits.training.fit import train

        try:
            train(
                self.recipe,
                self.folder(seed),
                seed=seed,
                data=self.data,
                resume=True,
                tensorboard=self.tensorboard,
            )
        except DigitsError as error:
            return str(error)
        return ""


def one_after_another(job: Job, seeds: Sequence[int]) -> Iterator[tuple[int, str]]:
    """Train each seed in a new process; yields it, with "" or what went wrong, as it ends."""
    for seed in seeds:
        yield seed, _in_process(job, seed)


def _in_process(job: Job, seed: int) -> str:
    ours, theirs = CONTEXT.Pipe(duplex=False)
    process = CONTEXT.Process(target=_work, args=(theirs, job, seed))
    process.start()
    theirs.close()
    try:
        return str(ours.recv())
    except EOFError:
        process.join()
        return f"its process ended (exit code {process.exitcode})"
    finally:
        process.kill()
        process.join()


def _work(connection: Connection, job: Job, seed: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches us too; our parent ends us
    quiet_tensorflow()  # which it can be only before there is a second thread
    Thread(target=end_with_parent, daemon=True).start()
    connection.send(job.train(seed))


def on_ray(ray: Any, job: Job, seeds: Sequence[int]) -> Iterator[tuple[int, str]]:
    """Train each seed as a task; yields it, with "" or what went wrong, as it ends.

    ray: the module, connected to a cluster. A task has one CPU and one thread, so that its weights
    do not depend on the node; it is tried again when its process or node is lost. All nodes write
    to `job.out`.
    """
    remote = ray.remote(num_cpus=1, max_calls=1, max_retries=RETRIES)(_task)
    running = {remote.remote(job, seed, Path.cwd()): seed for seed in seeds}
    while running:
        [ended], _ = ray.wait(list(running), num_returns=1)
        seed = running.pop(ended)
        try:
            yield seed, ray.get(ended)
        except ray.exceptions.RayError as error:
            last = (str(error).strip().splitlines() or [""])[-1]
            yield seed, f"Ray gave up ({type(error).__name__}: {last})"


def _task(job: Job, seed: int, folder: Path) -> str:
    """folder: that paths of the recipe are meant from, if it is there on this node."""
    with contextlib.suppress(OSError):
        os.chdir(folder)
    os.environ["TF_NUM_INTRAOP_THREADS"] = os.environ["TF_NUM_INTEROP_THREADS"] = "1"
    return job.train(seed)


def summarise(job: Job, seeds: Sequence[int]) -> dict[str, Any]:
    """Write the summary of finished runs, and their curves, into `job.out`; returns the summary.

    Each figure of the runs' scores, and `fit_seconds`, has mean, std (of a sample; null for one
    run), min and max.
    """
    runs = [json.loads((job.folder(seed) / "run.json").read_text("utf-8")) for seed in seeds]
    curves = [read_curves(job.folder(seed) / "curves.csv") for seed in seeds]
    figures = [run["score"] | {"fit_seconds": run["fit_seconds"]} for run in runs]
    summary = {
        "recipe": job.recipe.to_dict(),
        "seeds": list(seeds),
        "data": figures[0]["data"],
        "n": figures[0]["n"],
    } | {
        name: _spread([each[name] for each in figures])
        for name, value in figures[0].items()
        if name != "n" and isinstance(value, int | float)
    }
    write_json(job.out / SUMMARY, summary)
    draw_curves(curves, job.out / "curves.png", f"{job.recipe.name}, {len(seeds)} seeds")
    return summary


def _spread(values: list[float]) -> dict[str, float | None]:
    std = statistics.stdev(values) if len(values) > 1 else None
    return {"mean": statistics.mean(values), "std": std, "min": min(values), "max": max(values)}
