"""Places side by side → the lines that they are written on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from digits.model.recogniser import LONGEST
from digits.reading.baseline import DIGIT, Boxes, sizes_of

REACH = 2.0  # heights of a digit, the widest gap that a line goes on over
DRIFT = 0.5  # heights, by which the next digit may stand higher or lower
UNLIKE = 1.7  # times as high as its neighbour, a digit is of another line
FULL = LONGEST / DIGIT - 4  # heights of a digit, the longest line


def lines_through(boxes: Boxes) -> list[NDArray[np.intp]]:
    """Boxes (N, 4) as lines: indices of those that stand on each, from left to right.

    Each is followed by the nearest to its right whose nearest to the left it is.
    """
    if not len(boxes):
        return []
    sizes = sizes_of(boxes)
    left, right = boxes[:, 0], boxes[:, 0] + boxes[:, 2]
    middle = boxes[:, 1] + boxes[:, 3] / 2
    centre = boxes[:, 0] + boxes[:, 2] / 2
    size = np.sqrt(sizes[:, None] * sizes)
    across = (centre - centre[:, None]) / size
    gap = (left - right[:, None]) / size
    down = np.abs(middle - middle[:, None]) / size
    follows = (across > 0.1) & (gap < REACH) & (down < DRIFT + 0.1 * np.maximum(gap, 0))
    follows &= np.abs(np.log(sizes / sizes[:, None])) < np.log(UNLIKE)
    distance = np.where(follows, across + 2 * down, np.inf)
    following, before = distance.argmin(axis=1), distance.argmin(axis=0)
    places = np.arange(len(boxes))
    is_followed = np.isfinite(distance.min(axis=1)) & (before[following] == places)
    is_first = np.ones(len(boxes), bool)
    is_first[following[is_followed]] = False
    lines = []
    for place in np.flatnonzero(is_first):
        line = [int(place)]
        while is_followed[line[-1]]:
            line.append(int(following[line[-1]]))
        lines += _not_too_long(np.array(line), boxes)
    return lines


def _not_too_long(line: NDArray[np.intp], boxes: Boxes) -> list[NDArray[np.intp]]:
    """A line in parts that fit into a strip, cut at its widest gaps."""
    left, right = boxes[line, 0], boxes[line, 0] + boxes[line, 2]
    if len(line) < 2 or right.max() - left.min() <= FULL * np.quantile(sizes_of(boxes[line]), 0.7):
        return [line]
    cut = int((left[1:] - right[:-1]).argmax()) + 1
    return _not_too_long(line[:cut], boxes) + _not_too_long(line[cut:], boxes)
