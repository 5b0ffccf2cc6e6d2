"""Digits of a page → numbers, the lines of a text, and their order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digits.geometry import sizes
from digits.io.result import Digit, Number, Rejected, number_of
from digits.model.parameters import Numbers, Textline
from digits.model.spec import LINE_STRIDE
from digits.reading.page.accept import Accepted
from digits.reading.page.recognise import Candidates
from digits.reading.page.textline import side_by_side

SAME_ROW = 0.3  # numbers share a row if they overlap vertically by this fraction of the lower one
EARLIER = 0.8  # what counts of that for the numbers of a row but its last


@dataclass(frozen=True, slots=True)
class Page:
    """The numbers of a page, and what only resembles digits."""

    numbers: list[Number]
    rejected: list[Rejected]

    @property
    def digits(self) -> list[Digit]:
        """Of all numbers."""
        return [digit for number in self.numbers for digit in number.digits]


def group_numbers(
    accepted: Accepted,
    boundaries: Sequence[NDArray[np.float64]],
    textline: Textline,
    parameters: Numbers,
) -> Page:
    """Digits that stand side by side, and that nothing separates, are one number.

    boundaries: for each text line, the probability in each frame that a number ends there.
    """
    numbers: list[Number] = []
    for run in side_by_side(accepted.candidates.boxes, textline):
        ends = _ends(accepted.candidates.take(run), boundaries, parameters)
        numbers += _split([accepted.digits[index] for index in run.tolist()], ends, parameters)
    return Page(numbers, accepted.rejected)


def _ends(
    run: Candidates, boundaries: Sequence[NDArray[np.float64]], parameters: Numbers
) -> list[float]:
    """For each digit of a run but the last, the probability that a number ends after it: by the
    gap, and as the recogniser read it where both are on one text line."""
    size = sizes(run.boxes)
    gap = run.boxes[1:, 0] - run.boxes[:-1, 0] - run.boxes[:-1, 2]
    gap = gap / np.maximum(size[1:], size[:-1])
    ends = 1 / (1 + np.exp(np.minimum(parameters.steepness * (parameters.gap - gap), 60)))
    frame = (run.column // LINE_STRIDE).astype(int)
    for index in np.flatnonzero(run.line[1:] == run.line[:-1]).tolist():
        read = boundaries[run.line[index]][frame[index] : frame[index + 1] + 1]
        ends[index] = max(ends[index], float(read.max(initial=0.0)))
    return [float(each) for each in ends]


def _split(digits: Sequence[Digit], ends: Sequence[float], parameters: Numbers) -> list[Number]:
    """Numbers of digits one behind the other; ends: for each but the last, the probability that a
    number ends after it."""
    groups, whole = [[digits[0]]], [1.0]
    for digit, probability in zip(digits[1:], ends, strict=True):
        if probability > parameters.boundary:
            groups.append([digit])
            whole.append(1.0)
        else:
            groups[-1].append(digit)
            whole[-1] *= 1 - probability
    return [
        number_of(group, probability * float(np.prod([digit.confidence for digit in group])))
        for group, probability in zip(groups, whole, strict=True)
    ]


def reading_order(numbers: Sequence[Number]) -> list[list[Number]]:
    """Numbers as rows from top to bottom, each from left to right.

    A number continues the row at whose height it stands: its first digit overlaps the last digit
    of the number before it most, or that of an earlier one nearly as much.
    """
    rows: list[list[Number]] = []
    order = sorted(numbers, key=lambda each: each.box[0])
    first, last = (
        np.array([number.digits[end].box for number in order], float).reshape(-1, 4)[:, 1::2]
        for end in (0, -1)
    )
    row_of, end_of = np.zeros(len(order), np.intp), np.zeros(len(order), np.intp)
    for index, number in enumerate(order):
        top, height = first[index]
        bottoms = np.minimum(last[:index].sum(axis=1), top + height)
        shared = bottoms - np.maximum(last[:index, 0], top)
        shared /= np.minimum(last[:index, 1], height)
        best = np.zeros(len(rows) + 1)
        np.maximum.at(best, row_of[:index], EARLIER * shared)
        ends = end_of[: len(rows)]
        best[:-1] = np.maximum(best[:-1], shared[ends])
        best[-1] = SAME_ROW  # a new row, unless an old one does better
        row = int(best.argmax())
        if row == len(rows):
            rows.append([])
        rows[row].append(number)
        row_of[index], end_of[row] = row, index
    return sorted(rows, key=lambda row: float(np.mean([n.box[1] + n.box[3] / 2 for n in row])))


def text_of(rows: Sequence[Sequence[Number]], min_confidence: float) -> str:
    """Numbers of a row by blanks, rows by newlines; "?" for a digit that is less sure."""
    return "\n".join(" ".join(number.masked(min_confidence) for number in row) for row in rows)
