"""digits train --seeds: several seeds of a recipe, and what they have in common."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from digits.batch.ray import connected
from digits.data import mnist
from digits.errors import TrainingError
from digits.files import printable
from digits.training.recipe import Recipe
from digits.training.seeds import Job, on_ray, one_after_another, summarise

INTERRUPTED = 130


def run_seeds(options: argparse.Namespace, recipe: Recipe) -> int:
    """Train the seeds that are not finished yet; 0 if all are then, 1 if some are not."""
    from digits.training.data_parallel import named_workers
    from digits.training.fit import unfinished

    seeds = _seeds(options)
    if named_workers():
        raise TrainingError(
            "TF_CONFIG names workers that train one network together; unset it for --seeds"
        )
    out = (options.out or Path("runs") / recipe.name).absolute()
    job = Job(recipe, out, options.data and options.data.absolute(), options.tensorboard)
    left = unfinished(recipe, {seed: job.folder(seed) for seed in seeds}, options.resume)
    if recipe.pages is None:
        mnist.load("train", options.data)  # once, rather than by each
    try:
        failed = _trained(job, left, options.engine == "ray")
    except KeyboardInterrupt:
        print(f"digits: stopped; go on with: {_going_on(options)}", file=sys.stderr)
        return INTERRUPTED
    finished = [seed for seed in seeds if seed not in failed]
    if finished:
        _print_summary(job, summarise(job, finished))
    if failed:
        print(
            f"digits: {len(failed)} of {len(seeds)} seeds are not trained; "
            f"try these again with: {_going_on(options)}",
            file=sys.stderr,
        )
    return int(bool(failed))


def _seeds(options: argparse.Namespace) -> range:
    if options.seeds < 1:
        raise TrainingError(f"--seeds is {options.seeds}; expected 1 or more")
    last = options.seed + options.seeds - 1
    if options.seed < 0 or last >= 2**32:
        raise TrainingError(f"seeds are {options.seed} to {last}; expected 0 to {2**32 - 1}")
    return range(options.seed, last + 1)


def _trained(job: Job, seeds: list[int], is_on_ray: bool) -> set[int]:
    """Train seeds, say so for each as it ends, and return those that failed."""
    failed = set()
    ends: Iterator[tuple[int, str]] = iter(())
    if seeds:
        ends = on_ray(connected(), job, seeds) if is_on_ray else one_after_another(job, seeds)
    for seed, problem in ends:
        if problem:
            failed.add(seed)
            print(f"digits: seed {seed}: {printable(problem)}", file=sys.stderr)
        else:
            run = json.loads((job.folder(seed) / "run.json").read_text("utf-8"))
            accuracy, seconds = run["score"]["accuracy"], run["fit_seconds"]
            print(f"seed {seed}: {accuracy:.2%}, fitted in {seconds:.1f} s", flush=True)
    return failed


def _print_summary(job: Job, summary: dict[str, Any]) -> None:
    accuracy, seeds = summary["accuracy"], summary["seeds"]
    spread = "" if accuracy["std"] is None else f" ± {100 * accuracy['std']:.2f}"
    models = " ".join(shlex.quote(str(job.folder(seed))) for seed in seeds)
    print(
        f"{job.out}: {accuracy['mean']:.2%}{spread} ({accuracy['min']:.2%} to "
        f"{accuracy['max']:.2%}) over {len(seeds)} seeds on {summary['data']} "
        f"(n = {summary['n']:,}), in {job.out / 'seeds.json'}"
    )
    if len(seeds) > 1 and job.recipe.pages is None:
        print(f"compare them digit by digit with: digits evaluate {models}")


def _going_on(options: argparse.Namespace) -> str:
    """The command that goes on: this one, with --resume."""
    words = ["digits", *options.arguments]
    return shlex.join(words if options.resume else [*words, "--resume"])
