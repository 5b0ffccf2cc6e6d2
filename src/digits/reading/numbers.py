"""Digits → numbers, lines and their order."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from digits.reading.reading import Box, Digit, Number

SAME_LINE = 0.5  # digits share a line if they overlap vertically by this share of the lower one
APART = 0.9  # a gap wider than this share of the line's height parts two numbers


def lines_of(digits: Sequence[Digit]) -> list[list[Digit]]:
    """Digits as lines from top to bottom, each from left to right."""
    lines: list[list[Digit]] = []
    for digit in sorted(digits, key=lambda d: d.box[0]):
        line = max(lines, key=lambda each: _shared_height(each[-1].box, digit.box), default=None)
        if line is None or _shared_height(line[-1].box, digit.box) < SAME_LINE:
            lines.append([digit])
        else:
            line.append(digit)
    return sorted(lines, key=lambda line: float(np.mean([_middle(digit.box) for digit in line])))


def numbers_of(line: Sequence[Digit]) -> list[Number]:
    """The numbers of one line, parted at wide gaps."""
    height = float(np.median([digit.box[3] for digit in line]))
    groups = [[line[0]]]
    for before, digit in pairwise(line):
        if digit.box[0] - (before.box[0] + before.box[2]) > APART * height:
            groups.append([])
        groups[-1].append(digit)
    return [number_of(group) for group in groups]


def number_of(digits: Sequence[Digit]) -> Number:
    """Digits that stand together, as one number.

    Digits are taken as independent: the number's probability is the product of theirs, and the
    runner-up changes the digit whose second choice is closest to its first.
    """
    confidence = float(np.prod([digit.confidence for digit in digits]))
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


def _shared_height(a: Box, b: Box) -> float:
    common = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    return max(common, 0) / min(a[3], b[3])


def _around(boxes: Sequence[Box]) -> Box:
    left, top = min(b[0] for b in boxes), min(b[1] for b in boxes)
    right, bottom = max(b[0] + b[2] for b in boxes), max(b[1] + b[3] for b in boxes)
    return (left, top, right - left, bottom - top)
