"""Signs of a line: which belong to numbers, which stand by themselves.

A decimal mark stands between two digits of a number, a minus directly before its first one. All
others part numbers, or stand around them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from digits.geometry import sizes
from digits.io.number import Box
from digits.io.result import Sign
from digits.model.parameters import Numbers
from digits.reading.page.recognise import Candidates, ReadSign

MINUS = "-"


def minus_before(
    digits: Candidates, first: int, signs: Sequence[ReadSign], parameters: Numbers
) -> ReadSign | None:
    """The minus of the number that begins with this digit, or None.

    It stands directly before it, and as far from the number before as another number would.
    """
    box, size = digits.boxes[first], float(sizes(digits.boxes[first : first + 1])[0])
    own = digits.line == digits.line[first]
    before = own & (digits.column < digits.column[first])
    end = float((digits.boxes[before, 0] + digits.boxes[before, 2]).max(initial=-np.inf))
    room = parameters.gap * size
    for sign in signs:
        if sign.text != MINUS or sign.line != digits.line[first]:
            continue
        left, right = sign.box[0], sign.box[0] + sign.box[2]
        is_before = sign.column <= digits.column[first]
        if is_before and box[0] - right < room < left - end:
            return sign
    return None


def lone_signs(signs: Sequence[ReadSign], digits: Candidates, reach: float) -> list[Sign]:
    """Those signs that stand on a line beside digits, and on none of them.

    reach: how far a sign may stand from the nearest digit or such sign, in sizes of a digit.
    """
    kept: list[Sign] = []
    for line in dict.fromkeys(sign.line for sign in signs):
        boxes = digits.boxes[digits.line == line]
        if not len(boxes):
            continue
        limit = reach * float(np.median(sizes(boxes)))
        spans = [(x, x + w) for x, _, w, _ in boxes.tolist()]
        own = [sign for sign in signs if sign.line == line]
        own.sort(key=lambda sign: min(_off(sign, span) for span in spans))
        for sign in own:
            if min(_off(sign, span) for span in spans) <= limit and not _is_on(sign, boxes):
                spans.append((float(sign.box[0]), float(sign.box[0] + sign.box[2])))
                kept.append(Sign(sign.text, sign.probability, whole(sign.box)))
    return kept


def _off(sign: ReadSign, span: tuple[float, float]) -> float:
    """How far a sign stands from a span of columns."""
    left, right = float(sign.box[0]), float(sign.box[0] + sign.box[2])
    return max(span[0] - right, left - span[1], 0.0)


def _is_on(sign: ReadSign, boxes: NDArray[np.float32]) -> bool:
    """Whether its middle lies on a digit: then the digit was taken for a sign, or a sign for it."""
    x, y, wide, high = sign.box.tolist()
    middle = np.array([x + wide / 2, y + high / 2])
    off = np.abs(boxes[:, :2] + boxes[:, 2:] / 2 - middle) / np.maximum(boxes[:, 2:], 1)
    return bool((off < 0.3).all(axis=1).any())


def whole(box: NDArray[np.float32]) -> Box:
    """A box (4,) in whole pixels, of one pixel at least."""
    x, y, wide, high = np.rint(box).astype(int).tolist()
    return (max(x, 0), max(y, 0), max(wide, 1), max(high, 1))
