"""Measure trained networks and save their results.

.venv/bin/python benchmarks/measure.py RUN …

RUN: a run folder as `digits train` leaves it. Scores the network on MNIST's test set, on corrupted
tiles and on tiles without a digit, times it, and puts the row into docs/results/RECIPE.jsonl, its
curves beside it. Nothing else should run meanwhile. `make results` rebuilds docs/results.md.
"""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

from digits.io.quiet import quiet_tensorflow

quiet_tensorflow()

from digits.data import mnist  # noqa: E402
from digits.evaluation.results import keep, measure  # noqa: E402
from digits.model.classifier import Classifier  # noqa: E402
from digits.training.datasets.tiles import unseen_clutter  # noqa: E402

RESULTS = Path(__file__).parents[1] / "docs" / "results"


def main() -> None:
    RESULTS.mkdir(exist_ok=True)
    for folder in map(Path, sys.argv[1:]):
        run = described(folder)
        plain, augmented = (Classifier(folder, tta=tta) for tta in (False, True))
        row = measure(plain, augmented, run, mnist.load("test"), unseen_clutter(run["seed"]))
        path = keep(row, RESULTS)
        shutil.copyfile(folder / "curves.csv", RESULTS / f"{row['recipe']}-{row['seed']}.csv")
        print(f"{row['recipe']} seed {row['seed']}: {row['accuracy']:.2%} -> {path.name}")


def described(folder: Path) -> dict[str, Any]:
    """The contents of run.json, and the size of the network."""
    run = json.loads((folder / "run.json").read_text("utf-8"))
    return dict(run) | {"bytes": (folder / "model.onnx").stat().st_size}


if __name__ == "__main__":
    main()
