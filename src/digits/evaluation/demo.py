"""The report of the demo: two models, their figures, and what each reads in the same pictures."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from digits.evaluation.report import environment
from digits.evaluation.score import Score, TestSet, compare, mistakes
from digits.files import write_atomically

GALLERY_LIMIT = 40  # mistakes of each model
LOWEST = 1e-5  # what a curve shows of zero, on its logarithmic scale


@dataclass(frozen=True, slots=True, eq=False)
class Exhibit:
    """One picture and what each model read in it.

    truth: what is written there. texts: what each model read, in the order of the scores. drawn:
    (H, W, 3) uint8 RGB, the picture with what the last model read.
    """

    name: str
    truth: str
    texts: tuple[str, ...]
    drawn: npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Curve:
    """A figure after each epoch, of the digits learned from and of those kept back."""

    name: str
    learned: tuple[float, ...]
    kept_back: tuple[float, ...]


def curves_of(path: Path) -> tuple[Curve, Curve]:
    """The loss and the percentage of errors in a curves.csv."""
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))

    def values(column: str) -> tuple[float, ...]:
        return tuple(max(float(row[column]), LOWEST) for row in rows)

    def errors(column: str) -> tuple[float, ...]:
        return tuple(max(100 * (1 - float(row[column])), LOWEST) for row in rows)

    return (
        Curve("loss", values("loss"), values("val_loss")),
        Curve("wrong, %", errors("accuracy"), errors("val_accuracy")),
    )


def write_demo(
    path: Path,
    scores: Sequence[Score],
    test_set: TestSet,
    exhibits: Sequence[Exhibit],
    curves: Sequence[Curve],
    seconds: float,
) -> None:
    """Write the page. curves: of the training; seconds: how long the fitting took."""
    page = environment().get_template("demo.html.j2")
    write_atomically(
        path,
        page.render(
            scores=scores,
            comparisons=compare(scores, test_set),
            galleries=[mistakes(score, test_set) for score in scores],
            limit=GALLERY_LIMIT,
            exhibits=exhibits,
            curves=curves,
            seconds=seconds,
        ),
    )
