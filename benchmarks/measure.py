"""Measure trained networks and keep what they reached.

.venv/bin/python benchmarks/measure.py RUN[,RUN …] …

RUN: a run folder as `digits train` leaves it. Scores the network on MNIST's test set, on damaged
tiles and on ink that is no digit, times it, and puts the row into docs/results/RECIPE.jsonl, its
curves beside it. Several runs with commas between are measured as one ensemble, recipe `best`, its
seed that of the first. Nothing else should run meanwhile. `make results` rebuilds docs/results.md.
"""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

from digits.cli.train import quiet_tensorflow

quiet_tensorflow()

from digits.data import mnist  # noqa: E402
from digits.evaluation.ensemble import Ensemble  # noqa: E402
from digits.evaluation.results import keep, measure  # noqa: E402
from digits.model.classifier import Classifier  # noqa: E402
from digits.training.material import unseen_clutter  # noqa: E402

RESULTS = Path(__file__).parents[1] / "docs" / "results"


def main() -> None:
    RESULTS.mkdir(exist_ok=True)
    for folders in sys.argv[1:]:
        runs = [Path(folder) for folder in folders.split(",")]
        run = together([described(folder) for folder in runs])
        first, second = (opened(runs, second_look=look) for look in (False, True))
        row = measure(first, second, run, mnist.load("test"), unseen_clutter(run["seed"]))
        path = keep(row, RESULTS)
        if len(runs) == 1:
            curves = RESULTS / f"{row['recipe']}-{row['seed']}.csv"
            shutil.copyfile(runs[0] / "curves.csv", curves)
        print(f"{row['recipe']} seed {row['seed']}: {row['accuracy']:.2%} -> {path.name}")


def opened(folders: list[Path], *, second_look: bool) -> Classifier | Ensemble:
    members = tuple(Classifier(folder, second_look=second_look) for folder in folders)
    return members[0] if len(members) == 1 else Ensemble(members)


def described(folder: Path) -> dict[str, Any]:
    """What run.json says, and the size of the network."""
    run = json.loads((folder / "run.json").read_text("utf-8"))
    return dict(run) | {"bytes": (folder / "model.onnx").stat().st_size}


def together(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """One description of several runs; of one it is its own."""
    if len(runs) == 1:
        return runs[0]
    sums = {key: sum(run[key] for run in runs) for key in ("parameters", "bytes", "fit_seconds")}
    names = sorted(f"{run['recipe']['name']}-{run['seed']}" for run in runs)
    return runs[0] | sums | {"recipe": {"name": "best"}, "members": names}


if __name__ == "__main__":
    main()
