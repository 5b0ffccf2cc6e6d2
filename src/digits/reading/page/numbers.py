"""Digits of a page → numbers, the lines of a text, and their order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digits.geometry import sizes
from digits.io.result import Box, Digit, Number, Rejected
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
        number_of(group, _calibrated(probability, group, parameters.temperature))
        for group, probability in zip(groups, whole, strict=True)
    ]


def _calibrated(whole: float, group: Sequence[Digit], temperature: float) -> float:
    """The probability that a number is right: that it is one number, and each digit right."""
    product = whole * float(np.prod([digit.confidence * digit.is_digit for digit in group]))
    odds = max(product, 1e-9) / max(1 - product, 1e-9)
    return float(1 / (1 + odds ** (-1 / temperature)))


def number_of(digits: Sequence[Digit], confidence: float) -> Number:
    """Digits one behind the other as one number, right with that probability.

    The runner-up changes the digit whose second choice is closest to its first.
    """
    odds = [float(np.sort(d.probabilities)[-2]) / max(d.confidence, 1e-9) for d in digits]
    weakest = int(np.argmax(odds))
    texts = [str(digit.digit) for digit in digits]
    second = texts.copy()
    second[weakest] = str(int(np.argsort(digits[weakest].probabilities)[-2]))
    return Number(
        text="".join(texts),
        confidence=confidence,
        box=_around([digit.box for digit in digits]),
        digits=tuple(digits),
        runner_up=("".join(second), confidence * odds[weakest]),
    )


def reading_order(numbers: Sequence[Number]) -> list[list[Number]]:
    """Numbers as rows from top to bottom, each from left to right."""
    rows: list[list[Number]] = []
    for number in sorted(numbers, key=lambda each: each.box[0]):
        row = max(rows, key=lambda each: _level(each, number), default=None)
        if row is None or _level(row, number) < SAME_ROW:
            rows.append([number])
        else:
            row.append(number)
    return sorted(rows, key=lambda row: float(np.mean([_middle(each.box) for each in row])))


def text_of(rows: Sequence[Sequence[Number]], min_confidence: float) -> str:
    """Numbers of a row by blanks, rows by newlines; "?" for a digit that is less sure."""
    return "\n".join(
        " ".join(
            "".join(
                str(digit.digit) if digit.confidence >= min_confidence else "?"
                for digit in number.digits
            )
            for number in row
        )
        for row in rows
    )


def _middle(box: Box) -> float:
    return box[1] + box[3] / 2


def _level(row: Sequence[Number], number: Number) -> float:
    """How much a number stands at the height of a row, above all at that of its end."""
    shared = [_shared_height(before, number) for before in row]
    return max(shared[-1], EARLIER * max(shared))


def _shared_height(before: Number, number: Number) -> float:
    """Of the last digit of one number with the first of the next, as a fraction of the lower."""
    (_, top, _, high), (_, other_top, _, other_high) = before.digits[-1].box, number.digits[0].box
    common = min(top + high, other_top + other_high) - max(top, other_top)
    return max(common, 0) / min(high, other_high)


def _around(boxes: Sequence[Box]) -> Box:
    left, top = min(b[0] for b in boxes), min(b[1] for b in boxes)
    right, bottom = max(b[0] + b[2] for b in boxes), max(b[1] + b[3] for b in boxes)
    return (left, top, right - left, bottom - top)
