"""Digits → numbers, lines and their order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from digits.io.result import Box, Digit, Number

SAME_LINE = 0.3  # numbers share a line if they overlap vertically by this share of the lower one
EARLIER = 0.8  # what counts of that for the numbers of a line but its last
TEMPERATURE = 1.2  # of the log-odds of numbers: what misleads one opinion misleads the others too
APART = 0.65  # the chance from which on a number ends between two digits


def lines_of(numbers: Sequence[Number]) -> list[list[Number]]:
    """Numbers as lines from top to bottom, each from left to right."""
    lines: list[list[Number]] = []
    for number in sorted(numbers, key=lambda each: each.box[0]):
        line = max(lines, key=lambda each: _level(each, number), default=None)
        if line is None or _level(line, number) < SAME_LINE:
            lines.append([number])
        else:
            line.append(number)
    return sorted(lines, key=lambda line: float(np.mean([_middle(each.box) for each in line])))


def numbers_of(digits: Sequence[Digit], apart: Sequence[float]) -> list[Number]:
    """The numbers of one line. apart: for each digit but the first, the chance that it begins a
    new one."""
    groups, whole = [[digits[0]]], [1.0]
    for digit, chance in zip(digits[1:], apart, strict=True):
        if chance > APART:
            groups.append([digit])
            whole.append(1.0)
        else:
            groups[-1].append(digit)
            whole[-1] *= 1 - chance
    chances = [
        chance * float(np.prod([digit.confidence for digit in group]))
        for group, chance in zip(groups, whole, strict=True)
    ]
    return [number_of(*each) for each in zip(groups, map(_calibrated, chances), strict=True)]


def _calibrated(chance: float) -> float:
    """The chance that a number is right, given the product of those of its parts."""
    odds = max(chance, 1e-9) / max(1 - chance, 1e-9)
    return float(1 / (1 + odds ** (-1 / TEMPERATURE)))


def number_of(digits: Sequence[Digit], confidence: float) -> Number:
    """Digits that stand together, as one number, which is right with that chance.

    The runner-up changes the digit whose second choice is closest to its first.
    """
    highest = [np.sort(digit.probabilities)[-2:].tolist() for digit in digits]
    odds = [second / max(first, 1e-9) for second, first in highest]
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


def text_of(lines: Sequence[Sequence[Number]], min_confidence: float) -> str:
    """Numbers of a line by blanks, lines by newlines; "?" for a digit that is less sure."""
    return "\n".join(
        " ".join(
            "".join(
                str(digit.digit) if digit.confidence >= min_confidence else "?"
                for digit in number.digits
            )
            for number in line
        )
        for line in lines
    )


def _middle(box: Box) -> float:
    return box[1] + box[3] / 2


def _level(line: Sequence[Number], number: Number) -> float:
    """How much a number stands at the height of a line, above all at that of its end."""
    shares = [_shared_height(before, number) for before in line]
    return max(shares[-1], EARLIER * max(shares))


def _shared_height(before: Number, number: Number) -> float:
    """Of the last digit of one number with the first of the next, as a share of the lower."""
    (_, top, _, high), (_, other_top, _, other_high) = before.digits[-1].box, number.digits[0].box
    common = min(top + high, other_top + other_high) - max(top, other_top)
    return max(common, 0) / min(high, other_high)


def _around(boxes: Sequence[Box]) -> Box:
    left, top = min(b[0] for b in boxes), min(b[1] for b in boxes)
    right, bottom = max(b[0] + b[2] for b in boxes), max(b[1] + b[3] for b in boxes)
    return (left, top, right - left, bottom - top)
