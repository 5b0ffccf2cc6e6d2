"""A picture as it stands → the digits and numbers on it, and what is rejected."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from digits.model.classifier import Classifier
from digits.model.finder import Finder, common_area
from digits.model.recogniser import Recogniser
from digits.reading.numbers import numbers_of
from digits.reading.opinions import pooled
from digits.reading.places import Places, find_places
from digits.reading.reading import Box, Digit, Number, Rejected

ACCEPTED = 0.5  # the chance from which on a place is a digit
ALIKE = 0.05  # and from which on, below that, it looks like one
SHARED = 0.6  # of the smaller of two boxes: both are not digits
SURE = 0.8  # chance of a digit that counts as evidence


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """places: where digits may be. digits: those that are some, by place. rejected: what only
    looks like one."""

    places: Places
    digits: dict[int, Digit]
    rejected: list[Rejected]

    @property
    def sure(self) -> int:
        """How many digits are beyond doubt."""
        return sum(each.is_digit * each.confidence >= SURE for each in self.digits.values())

    @property
    def doubtful(self) -> int:
        """How many places look like a digit and are not read with certainty."""
        return len(self.digits) + len(self.rejected) - self.sure

    def numbers(self) -> list[Number]:
        """Digits of the same line that nothing parts."""
        found = []
        line = self.places.line
        for number in sorted({int(line[place]) for place in self.digits}):
            along = [place for place in self.digits if line[place] == number]
            along.sort(key=lambda place: float(self.places.along[place]))
            apart = [self.places.chance_apart(a, b) for a, b in pairwise(along)]
            found += numbers_of([self.digits[place] for place in along], apart)
        return found


def read_page(
    grey: NDArray[np.uint8], finder: Finder, recogniser: Recogniser, classifier: Classifier
) -> Page:
    """All that finder, recogniser and classifier together see on a picture (H, W) uint8."""
    places = find_places(grey, finder, recogniser, classifier)
    probabilities, is_digit = pooled(places.opinions)
    digits: dict[int, Digit] = {}
    rejected = []
    for place in np.argsort(-is_digit, kind="stable").tolist():
        if is_digit[place] < ALIKE:
            break
        if _is_covered(places.boxes[place], places.boxes[list(digits)]):
            continue
        box = _whole(places.boxes[place], grey.shape)
        if is_digit[place] < ACCEPTED:
            rejected.append(Rejected(box, "letter-like"))
        else:
            row = probabilities[place]
            digit = int(row.argmax())
            sure = float(is_digit[place])
            digits[place] = Digit(digit, float(row[digit]), row, box, sure, places.tiles[place])
    return Page(places, digits, rejected)


def _is_covered(box: NDArray[np.float32], others: NDArray[np.float32]) -> bool:
    smaller = np.minimum(box[2:].prod(), others[:, 2:].prod(axis=1))
    return bool((common_area(box, others) > SHARED * smaller).any())


def _whole(box: NDArray[np.float32], shape: tuple[int, ...]) -> Box:
    """In whole pixels within the picture."""
    limit = np.array(shape[1::-1])
    low = np.clip(np.rint(box[:2]), 0, limit - 1).astype(int)
    high = np.clip(np.rint(box[:2] + box[2:]), low + 1, limit).astype(int)
    (left, top), (right, foot) = low.tolist(), high.tolist()
    return (left, top, right - left, foot - top)
