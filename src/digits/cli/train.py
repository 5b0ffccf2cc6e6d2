"""digits train: recipe in, trained network out."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from digits.errors import TrainingError, require
from digits.io.quiet import standard_error_aside
from digits.training.recipe import load_recipe, shipped_recipes

if TYPE_CHECKING:
    from digits.training.recipe import Recipe

NEEDED = (("keras", "train"), ("onnx", "train"), ("tf2onnx", "train"), ("matplotlib", "report"))
TENSORBOARD = (("tensorboard", "train"),)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `digits train`."""
    parser.epilog = "Example: digits train --recipe seed --out runs/seed"
    parser.add_argument(
        "--recipe",
        default="default",
        metavar="NAME|FILE",
        help=f"{', '.join(shipped_recipes())}, or a TOML file (default: default)",
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of all that is random")
    parser.add_argument("--data", type=Path, metavar="DIR", help="where MNIST is or shall be")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="the run folder (default: runs/RECIPE-SEED)"
    )
    parser.add_argument("--resume", action="store_true", help="go on where the run stopped")
    parser.add_argument("--epochs", type=int, metavar="N", help="instead of the recipe's")
    parser.add_argument(
        "--tensorboard", action="store_true", help="write a TensorBoard log into the run folder"
    )


def run(options: argparse.Namespace) -> int:
    """Train; 0 when the run folder is complete."""
    recipe = _recipe(options)
    out = options.out or Path("runs") / f"{recipe.name}-{options.seed}"
    quiet_tensorflow()
    for module, extra in NEEDED + (TENSORBOARD if options.tensorboard else ()):
        require(module, extra)  # now, rather than after an hour of training
    if recipe.pages:
        require("fontpkg_roboto", "pages")
    from digits.training.fit import train

    try:
        run = train(
            recipe,
            out,
            seed=options.seed,
            data=options.data,
            resume=options.resume,
            tensorboard=options.tensorboard,
        )
    except KeyboardInterrupt:
        print(f"digits: stopped; the same command with --resume goes on in {out}", file=sys.stderr)
        return 130
    score = run["score"]
    print(
        f"{out}: {score['accuracy']:.2%} on {score['data']} (n = {score['n']:,}, "
        f"{score['errors']} errors), fitted in {run['fit_seconds']:.1f} s"
    )
    return 0


def _recipe(options: argparse.Namespace) -> Recipe:
    recipe = load_recipe(options.recipe)
    if options.epochs is None:
        return recipe
    if options.epochs < 1:
        raise TrainingError(f"--epochs is {options.epochs}; expected 1 or more")
    return replace(recipe, fit=replace(recipe.fit, epochs=options.epochs))


def quiet_tensorflow() -> None:
    """Import Keras, where it is installed, and keep TensorFlow's notes off the screen.

    TensorFlow writes the first of them before it looks at its log level. Errors still show;
    whoever sets TF_CPP_MIN_LOG_LEVEL to 0 sees everything.
    """
    if os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2") == "0":
        return
    with standard_error_aside(), contextlib.suppress(ImportError):
        importlib.import_module("keras")
