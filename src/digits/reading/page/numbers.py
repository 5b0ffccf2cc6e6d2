"""Digits of a page → numbers, the lines of a text, and their order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from digits.geometry import Boxes
from digits.io.number import Box, Digit, Number, number_of
from digits.io.result import Rejected, Sign
from digits.model.parameters import Numbers, Textline
from digits.reading.page.accept import Accepted
from digits.reading.page.between import MARKS, Between, between, ends_by_gap
from digits.reading.page.grid import Grid
from digits.reading.page.recognise import Candidates, ReadSign, Recognised
from digits.reading.page.signs import lone_signs, minus_before, whole
from digits.reading.page.textline import side_by_side

SAME_ROW = 0.3  # numbers share a row if they overlap vertically by this fraction of the lower one
EARLIER = 0.8  # what counts of that for the numbers of a row but its last


@dataclass(frozen=True, slots=True)
class Page:
    """The numbers of a page, what only resembles digits, the signs that belong to no number, and
    the grids of ruled lines that numbers stand in."""

    numbers: list[Number]
    rejected: list[Rejected]
    signs: list[Sign]
    grids: tuple[Grid, ...] = ()

    @property
    def digits(self) -> list[Digit]:
        """Of all numbers."""
        return [digit for number in self.numbers for digit in number.digits]


def group_numbers(
    accepted: Accepted,
    recognised: Recognised,
    textline: Textline,
    parameters: Numbers,
    grids: Sequence[Grid] = (),
) -> Page:
    """Digits that stand side by side, and that nothing separates, are one number; a ruled line of a
    grid always separates them."""
    numbers: list[Number] = []
    rest = list(recognised.signs)
    for run in side_by_side(accepted.candidates.boxes, textline):
        part = accepted.candidates.take(run)
        read = between(part, recognised.frames)
        for group, end in _split(part.boxes, read, parameters, grids):
            minus = minus_before(accepted.candidates, int(run[group[0]]), rest, parameters)
            rest = [
                sign for sign in rest if sign is not minus and not _is_within(sign, part, group)
            ]
            digits = [accepted.digits[run[index]] for index in group]
            marks = [(read[k].mark, read[k].mark_probability) for k in group[:-1]]
            confidence = end * float(np.prod([digit.confidence for digit in digits]))
            own = None if minus is None else (whole(minus.box), minus.probability)
            numbers.append(number_of(digits, confidence, marks, own))
    signs = lone_signs(rest, accepted.candidates, textline.max_gap)
    return Page(numbers, accepted.rejected, signs, tuple(grids))


def _is_within(sign: ReadSign, run: Candidates, group: list[int]) -> bool:
    """Whether a decimal mark stands between two digits of a number."""
    first, last = group[0], group[-1]
    is_between = run.column[first] < sign.column < run.column[last]
    return bool(sign.text in MARKS and sign.line == run.line[first] and is_between)


def _split(
    boxes: Boxes, read: Sequence[Between], parameters: Numbers, grids: Sequence[Grid] = ()
) -> list[tuple[list[int], float]]:
    """The numbers of a run of digits with these boxes (N, 4): the indices of each one's, and the
    probability that it is whole. read: what was read between each two of them."""
    is_marked = np.array([each.is_marked for each in read], bool)
    by_gap = ends_by_gap(boxes, is_marked, parameters)
    ends = np.maximum(np.array([each.end for each in read]), by_gap)
    for grid in grids:
        ends[grid.parts(boxes[:-1], boxes[1:])] = 1.0
    groups: list[tuple[list[int], float]] = [([0], 1.0)]
    for index, end in enumerate(ends.tolist(), 1):
        if end > parameters.boundary:
            groups.append(([index], 1.0))
        else:
            members, probability = groups[-1]
            groups[-1] = [*members, index], probability * (1 - end)
    return groups


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


def signs_by_row(rows: Sequence[Sequence[Number]], signs: Sequence[Sign]) -> list[list[Sign]]:
    """The signs of each row of numbers, from left to right: those nearest to a number of it."""
    found: list[list[Sign]] = [[] for _ in rows]
    boxes = [(index, number.box) for index, row in enumerate(rows) for number in row]
    for sign in sorted(signs, key=lambda each: each.box[0]):
        nearest = min(boxes, key=lambda each: _distance(each[1], sign.box))
        found[nearest[0]].append(sign)
    return found


def transcript_of(
    rows: Sequence[Sequence[Number]], signs: Sequence[Sequence[Sign]], min_confidence: float
) -> str:
    """As `text_of`, with the signs of each row where they stand in it."""
    lines = [
        [(number.box[0], number.masked(min_confidence)) for number in row]
        + [(sign.box[0], sign.text) for sign in own]
        for row, own in zip(rows, signs, strict=True)
    ]
    return "\n".join(" ".join(text for _, text in sorted(line)) for line in lines)


def _distance(first: Box, second: Box) -> float:
    """Between two boxes in pixels; up and down counts more than along the line."""
    x, y, wide, high = first
    across = max(second[0] - x - wide, x - second[0] - second[2], 0)
    down = max(second[1] - y - high, y - second[1] - second[3], 0)
    return across + 4 * down


def text_of(rows: Sequence[Sequence[Number]], min_confidence: float) -> str:
    """Numbers of a row by blanks, rows by newlines; "?" for a digit that is less sure."""
    return "\n".join(" ".join(number.masked(min_confidence) for number in row) for row in rows)
