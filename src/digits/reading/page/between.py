"""What separates two digits that follow each other on a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digits.geometry import Boxes, sizes
from digits.io.number import MARKED
from digits.model.parameters import Numbers
from digits.model.spec import BOUNDARY, LETTER, LINE_STRIDE, SIGN_TOKENS, SIGNS
from digits.reading.page.recognise import Candidates

MARKS = ".,"  # of decimals and thousands
IS_MARK = np.array([sign in MARKS for sign in SIGNS])


@dataclass(frozen=True, slots=True)
class Between:
    """What the recogniser read between two digits that follow each other on a line.

    mark: the likelier of MARKS, and mark_probability its own, in [0, 1]. end: the probability that
    a number ends here, by a boundary, another sign or a letter.
    """

    mark: str
    mark_probability: float
    end: float

    @property
    def is_marked(self) -> bool:
        """Whether a decimal mark stands there."""
        return self.mark_probability >= MARKED


NOTHING = Between(MARKS[0], 0.0, 0.0)  # between digits of different lines


def between(run: Candidates, frames: Sequence[NDArray[np.float64]]) -> list[Between]:
    """What was read after each digit of a run but the last. frames: as in `Recognised`."""
    frame = (run.column // LINE_STRIDE).astype(int)
    found = [NOTHING] * max(len(run) - 1, 0)
    for index in np.flatnonzero(run.line[1:] == run.line[:-1]).tolist():
        part = frames[run.line[index]][frame[index] : frame[index + 1] + 1]
        signs = part[:, SIGN_TOKENS]
        marks = signs[:, IS_MARK].max(axis=0, initial=0.0)
        ends = part[:, [BOUNDARY, LETTER]].sum(axis=1) + signs[:, ~IS_MARK].sum(axis=1)
        found[index] = Between(
            MARKS[int(marks.argmax())],
            float(marks.max()),
            float(ends.max(initial=0.0)),
        )
    return found


def ends_by_gap(
    boxes: Boxes, is_marked: NDArray[np.bool_], parameters: Numbers
) -> NDArray[np.float64]:
    """(N - 1,) the probability that a number ends between each box (N, 4) and the next, by the gap
    alone. is_marked: (N - 1,) whether a decimal mark stands between them."""
    usual = np.where(is_marked, parameters.marked_gap, parameters.gap)
    odds = parameters.steepness * (gaps(boxes) - usual)
    return np.asarray(1 / (1 + np.exp(np.clip(-odds, -60, 60))), np.float64)


def gaps(boxes: Boxes) -> NDArray[np.float64]:
    """(N - 1,) between each box (N, 4) and the next, in sizes of the larger one."""
    size = sizes(boxes)
    apart = boxes[1:, 0] - boxes[:-1, 0] - boxes[:-1, 2]
    return np.asarray(apart / np.maximum(size[1:], size[:-1]), np.float64)
