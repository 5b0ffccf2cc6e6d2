"""A picture as it stands → the digits and numbers on it, and what is rejected."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from digits.geometry import intersection
from digits.io.result import BY_CHANCE, UNSURE, Box, Digit, Number, Rejected
from digits.model.classifier import Classifier
from digits.model.detector import Detector
from digits.model.recogniser import Recogniser
from digits.reading.page.candidates import Places, find_places
from digits.reading.page.fuse import on_this_page, pooled
from digits.reading.page.lines import lines_through
from digits.reading.page.numbers import numbers_of

ACCEPTED = 0.39  # the chance from which on a place is a digit
ALIKE = 0.05  # and from which on, below that, it looks like one
CHANCE = 0.5  # of the other places of a page, so many are like a digit by chance
FEW, RARE = 3, 0.05  # digits of a page, and share of its places; more are not there by chance
LEAST, ENOUGH = 0.4, 0.97  # how sure its surest digit is to be, on a page of few places and of many
SHARED = 0.6  # of the smaller of two boxes: both are not digits
NEAR = 0.5  # heights of a digit; whose middle is so little above or below a line stands in it
TELLING, SURE = (2, 3, 4, 5, 7), 0.8  # digits that tell how a page lies, from that chance on


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """places: where digits may be. digits: those that are some, by place. rejected: what only
    looks like one."""

    places: Places
    digits: dict[int, Digit]
    rejected: list[Rejected]

    @property
    def alike(self) -> int:
        """How many places look like a digit."""
        return len(self.digits) + len(self.rejected)

    @property
    def telling(self) -> list[Digit]:
        """Digits beyond doubt that are one only this way up."""
        return [
            each
            for each in self.digits.values()
            if each.digit in TELLING and each.confidence >= SURE
        ]

    def numbers(self) -> list[Number]:
        """Digits side by side that nothing parts."""
        places, every = self.places, list(self.digits)
        boxes = np.array([each.box for each in self.digits.values()]).reshape(-1, 4)
        middles = boxes[:, :2] + boxes[:, 2:] / 2
        found = []
        read = places.line[every], places.along[every]
        for line in lines_through(places.boxes[every], read):
            along = [every[place] for place in line]
            apart = [
                1.0 if self._is_between(middles, a, b) else places.chance_apart(a, b)
                for a, b in pairwise(along)
            ]
            found += numbers_of([self.digits[place] for place in along], apart)
        return found

    def _is_between(self, middles: NDArray[np.float64], first: int, second: int) -> bool:
        """Whether one of some middles of digits, (N, 2) x and y, lies in the gap between two, or
        little higher or lower."""
        (x, y, wide, high), (left, top, _, other) = (
            self.digits[place].box for place in (first, second)
        )
        room = NEAR * max(high, other)
        low, limit = (x + wide, min(y, top) - room), (left, max(y + high, top + other) + room)
        return bool(((middles > low) & (middles < limit)).all(axis=1).any())


def read_page(
    grey: NDArray[np.uint8], detector: Detector, recogniser: Recogniser, classifier: Classifier
) -> Page:
    """All that detector, recogniser and classifier together see on a picture (H, W) uint8."""
    return decide(find_places(grey, detector, recogniser, classifier), grey.shape)


def decide(places: Places, shape: tuple[int, ...]) -> Page:
    """Which places of a picture of that shape are digits, and which only look like one."""
    probabilities, on_any_page = pooled(places.opinions)
    is_digit = on_this_page(on_any_page, places.opinions.size)
    digits: dict[int, Digit] = {}
    rejected = []
    for place in np.argsort(-is_digit, kind="stable").tolist():
        if is_digit[place] < ALIKE:
            break
        if _is_covered(places, place, list(digits)):
            continue
        box = _whole(places.boxes[place], shape)
        if is_digit[place] < ACCEPTED:
            rejected.append(Rejected(box, UNSURE))
        else:
            digits[place] = Digit.likeliest(
                probabilities[place], float(is_digit[place]), box, places.tiles[place]
            )
    if _are_by_chance(list(digits.values()), len(places)):
        rejected += [Rejected(each.box, BY_CHANCE) for each in digits.values()]
        digits = {}
    return Page(places, digits, rejected)


def _are_by_chance(digits: list[Digit], count: int) -> bool:
    """Whether the digits are few and none is surer than the best of `count` places that hold
    none."""
    surest = max((each.confidence for each in digits), default=1.0)
    least = float(np.clip(1 - CHANCE / max(count - 1, CHANCE), LEAST, ENOUGH))
    return len(digits) <= max(FEW, RARE * count) and surest < least


def _is_covered(places: Places, place: int, others: list[int]) -> bool:
    """Whether a place is one of the others once more."""
    box, boxes = places.boxes[place], places.boxes[others]
    smaller = np.minimum(box[2:].prod(), boxes[:, 2:].prod(axis=1))
    is_shared = intersection(box, boxes) > SHARED * smaller
    return any(
        not places.are_beside(place, others[other]) for other in np.flatnonzero(is_shared).tolist()
    )


def _whole(box: NDArray[np.float32], shape: tuple[int, ...]) -> Box:
    """In whole pixels within the picture."""
    limit = np.array(shape[1::-1])
    low = np.clip(np.rint(box[:2]), 0, limit - 1).astype(int)
    high = np.clip(np.rint(box[:2] + box[2:]), low + 1, limit).astype(int)
    (left, top), (right, foot) = low.tolist(), high.tolist()
    return (left, top, right - left, foot - top)
