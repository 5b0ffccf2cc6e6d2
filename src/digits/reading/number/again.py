"""Numbers of a page that are not as expected → read again, each as the one number of a crop.

The page route decides digit by digit; told that there is one number, and what it is like, the route
for one number weighs whole texts, also shorter and longer ones.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from digits.io.number import Box, Number
from digits.model.bundle import Bundle
from digits.reading.expect import Expectation
from digits.reading.number.route import numbers_of

Span = tuple[int, int]  # start and end, in pixels

MARGIN = 0.5  # of a digit's size, around a number; to the next one half of the gap at most


def as_expected(
    numbers: Sequence[Number],
    grey: NDArray[np.uint8],
    bundle: Bundle,
    expect: Expectation,
) -> list[Number]:
    """The numbers of a page (H, W) uint8, its ink dark, as an expectation would have them.

    Those that are none it can choose stay as they are, with `is_expected` False.
    """
    found = [_confirmed(number, expect) for number in numbers]
    others = [index for index, number in enumerate(found) if not number.is_expected]
    crops = [_around(numbers[index], numbers, grey.shape) for index in others]
    again = numbers_of([grey[y : y + h, x : x + w] for x, y, w, h in crops], bundle, expect)
    for index, (left, top, _, _), number in zip(others, crops, again, strict=True):
        if number.is_expected:
            found[index] = number.moved(partial(_shifted, x=left, y=top))
    return found


def _confirmed(number: Number, expect: Expectation) -> Number:
    """The number and whether it is as expected; if so its other texts that are not do not count."""
    if not expect.holds(number.text):
        return replace(number, is_expected=False)
    total = math.fsum(probability for _, probability in number.alternatives)
    held = math.fsum(p for text, p in number.alternatives if expect.holds(text))
    rest = max(1 - total, 0.0)
    return replace(number, is_expected=True, confidence=number.confidence / (held + rest))


def _around(number: Number, numbers: Sequence[Number], shape: tuple[int, ...]) -> Box:
    """The box of a number with a margin, in a picture (height, width)."""
    x, y, wide, high = number.box
    margin = MARGIN * max(max(digit.box[2:]) for digit in number.digits)
    columns, rows = (x, x + wide), (y, y + high)
    others = [(each.box[0], each.box[0] + each.box[2]) for each in numbers]
    levels = [(each.box[1], each.box[1] + each.box[3]) for each in numbers]
    beside = [span for span, level in zip(others, levels, strict=True) if _overlap(level, rows)]
    above = [level for span, level in zip(others, levels, strict=True) if _overlap(span, columns)]
    left, right = _with_room(columns, margin, beside, shape[1])
    top, bottom = _with_room(rows, margin, above, shape[0])
    return (left, top, right - left, bottom - top)


def _overlap(first: Span, second: Span) -> bool:
    return first[0] < second[1] and second[0] < first[1]


def _with_room(span: Span, margin: float, others: Sequence[Span], limit: int) -> Span:
    """A span with a margin, as far as half of the way to the nearest of others, and the limits."""
    start, end = span
    before = max((other[1] for other in others if other[1] <= start), default=-start)
    behind = min((other[0] for other in others if other[0] >= end), default=2 * limit - end)
    return (
        math.floor(max(start - margin, (start + before) / 2)),
        math.ceil(min(end + margin, (end + behind) / 2)),
    )


def _shifted(box: Box, x: int, y: int) -> Box:
    return (box[0] + x, box[1] + y, box[2], box[3])
