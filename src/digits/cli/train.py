"""digits train: recipe in, trained network out."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NoReturn

from digits.errors import TrainingError, require
from digits.io.quiet import quiet_tensorflow
from digits.training.recipe import load_recipe, shipped_recipes

if TYPE_CHECKING:
    from digits.training.data_parallel import Workers
    from digits.training.recipe import Recipe

NEEDED = (("keras", "train"), ("onnx", "train"), ("tf2onnx", "train"), ("matplotlib", "report"))
TENSORBOARD = (("tensorboard", "train"),)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `digits train`."""
    parser.epilog = (
        "Processes that TF_CONFIG names train one network together: see docs/scale.md. "
        "Example: digits train --recipe seed --out runs/seed"
    )
    parser.add_argument(
        "--recipe",
        default="default",
        metavar="NAME|FILE",
        help=f"{', '.join(shipped_recipes())}, or a TOML file (default: default)",
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of all that is random")
    parser.add_argument(
        "--seeds",
        type=int,
        metavar="N",
        help="train N seeds from --seed on, each in --out",
    )
    parser.add_argument(
        "--engine",
        choices=("local", "ray"),
        help="where --seeds are trained: one after another here, or as tasks of a Ray cluster",
    )
    parser.add_argument("--data", type=Path, metavar="DIR", help="where MNIST is or shall be")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="the run folder (default: runs/RECIPE-SEED; of --seeds runs/RECIPE)",
    )
    parser.add_argument("--resume", action="store_true", help="go on where the run stopped")
    parser.add_argument("--epochs", type=int, metavar="N", help="instead of the recipe's")
    parser.add_argument(
        "--tensorboard", action="store_true", help="write a TensorBoard log into the run folder"
    )


def run(options: argparse.Namespace) -> int:
    """Train; 0 when the run folder is complete."""
    recipe = _recipe(options)
    if options.engine and options.seeds is None:
        raise TrainingError("--engine is for several seeds; say how many with --seeds")
    _require_extras(options, recipe)
    if options.seeds is not None:
        from digits.cli.seeds import run_seeds

        return run_seeds(options, recipe)
    return _train_one(options, recipe)


def _train_one(options: argparse.Namespace, recipe: Recipe) -> int:
    from digits.training.data_parallel import WorkerLostError, join
    from digits.training.fit import train
    from digits.training.memory import keep_freed_memory

    keep_freed_memory()
    out = options.out or Path("runs") / f"{recipe.name}-{options.seed}"
    try:
        workers = join()
        with _run_folder(out, workers) as folder:
            run = train(
                recipe,
                folder,
                seed=options.seed,
                data=options.data,
                resume=options.resume,
                tensorboard=options.tensorboard,
                workers=workers,
            )
    except KeyboardInterrupt:
        print(f"digits: stopped; the same command with --resume goes on in {out}", file=sys.stderr)
        return 130
    except WorkerLostError:
        _start_again()
    if workers and workers.rank:
        print(f"worker {workers.rank} of {workers.count}: done; the run folder is with worker 0")
        return 0
    score = run["score"]
    print(
        f"{out}: {score['accuracy']:.2%} on {score['data']} (n = {score['n']:,}, "
        f"{score['errors']} errors), fitted in {run['fit_seconds']:.1f} s"
    )
    return 0


@contextmanager
def _run_folder(out: Path, workers: Workers | None) -> Iterator[Path]:
    """`out`, but of workers that train together only for the first one."""
    if workers is None:
        yield out
        return
    from digits.training.data_parallel import noticing_loss

    with noticing_loss(), TemporaryDirectory() as scratch:
        yield Path(scratch) / "run" if workers.rank else out


def _start_again() -> NoReturn:
    """Replace this process by a new one, since TensorFlow cannot join a second cluster in one."""
    print("digits: a worker is lost; waiting until it is started again", file=sys.stderr)
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:], "--resume"])


def _require_extras(options: argparse.Namespace, recipe: Recipe) -> None:
    """Now, rather than after an hour of training."""
    quiet_tensorflow()
    for module, extra in NEEDED + (TENSORBOARD if options.tensorboard else ()):
        require(module, extra)
    if recipe.pages:
        require("fontpkg_roboto", "pages")


def _recipe(options: argparse.Namespace) -> Recipe:
    recipe = load_recipe(options.recipe)
    if options.epochs is None:
        return recipe
    if options.epochs < 1:
        raise TrainingError(f"--epochs is {options.epochs}; expected 1 or more")
    return replace(recipe, fit=replace(recipe.fit, epochs=options.epochs))
