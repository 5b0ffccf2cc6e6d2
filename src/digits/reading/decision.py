"""Places that may be digits → digits, numbers, and what is rejected."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np

from digits.model.finder import overlaps
from digits.reading.numbers import numbers_of
from digits.reading.opinions import pooled
from digits.reading.places import Places
from digits.reading.reading import Box, Digit, Number, Rejected

ACCEPTED = 0.5  # the chance from which on a place is a digit
LETTER = 0.05  # and from which on, below that, it looks like one
SHARED = 0.6  # of the smaller of two boxes: both are not digits


def decide(places: Places, shape: tuple[int, ...]) -> tuple[dict[int, Digit], list[Rejected]]:
    """The digits, by place, and what looks like some and is none. shape: of the picture."""
    probabilities, is_digit = pooled(places.opinions)
    digits: dict[int, Digit] = {}
    rejected = []
    for place in np.argsort(-is_digit, kind="stable").tolist():
        box = _whole(places.boxes[place], shape)
        row, sure = probabilities[place], float(is_digit[place])
        if sure < LETTER:
            break
        if any(_covers(places, place, other) for other in digits):
            continue
        if sure < ACCEPTED:
            rejected.append(Rejected(box, "letter-like"))
        else:
            digit = int(row.argmax())
            digits[place] = Digit(digit, float(row[digit]), row, box, sure, places.tiles[place])
    return digits, rejected


def numbers_among(places: Places, digits: Mapping[int, Digit]) -> list[Number]:
    """Digits of the same line that nothing parts, as numbers."""
    numbers = []
    for line in sorted({int(places.line[place]) for place in digits}):
        along = [place for place in digits if places.line[place] == line]
        along.sort(key=lambda place: float(places.along[place]))
        apart = [places.chance_apart(first, second) for first, second in pairwise(along)]
        numbers += numbers_of([digits[place] for place in along], apart)
    return numbers


def _covers(places: Places, place: int, other: int) -> bool:
    a, b = places.boxes[place], places.boxes[other]
    share = float(overlaps(a, b[None])[0])
    common = share / (1 + share) * (a[2:].prod() + b[2:].prod())
    return common > SHARED * min(a[2:].prod(), b[2:].prod())


def _whole(box: np.ndarray, shape: tuple[int, ...]) -> Box:
    """In whole pixels within the picture."""
    left, top = np.clip(np.floor(box[:2]), 0, (shape[1] - 1, shape[0] - 1)).astype(int).tolist()
    right, foot = np.ceil(box[:2] + box[2:]).astype(int).tolist()
    right, foot = min(max(right, left + 1), shape[1]), min(max(foot, top + 1), shape[0])
    return (left, top, right - left, foot - top)
