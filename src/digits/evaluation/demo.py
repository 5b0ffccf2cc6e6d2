"""The report of the demo: two models, their figures, and what each reads in the same pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from digits.evaluation.report import environment
from digits.evaluation.score import Score, TestSet, compare, mistakes
from digits.files import write_atomically

GALLERY_LIMIT = 40


@dataclass(frozen=True, slots=True, eq=False)
class Exhibit:
    """One picture and what each model read in it.

    picture: (H, W, 3) uint8 RGB. truth: what stands there. texts: what each model read, in the
    order of the scores. drawn: the picture with the last model's boxes.
    """

    name: str
    picture: npt.NDArray[np.uint8]
    truth: str
    texts: tuple[str, ...]
    drawn: npt.NDArray[np.uint8]


def write_demo(
    path: Path,
    scores: Sequence[Score],
    test_set: TestSet,
    exhibits: Sequence[Exhibit],
    curves: bytes,
    seconds: float,
) -> None:
    """Write the page. curves: the PNG of the training; seconds: how long the fitting took."""
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
