"""Places side by side → the lines that they are written on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from digits.geometry import quantile, sizes
from digits.model.detector import Detections
from digits.model.spec import LINE_DIGIT, MAX_LINE
from digits.reading.page.textline import Baseline, Boxes, baseline_of

REACH = 2.0  # heights of a digit, the widest gap that a line goes on over
DRIFT = 0.5  # heights, by which the next digit may stand higher or lower
UNLIKE = 1.7  # times as high as its neighbour, a digit is of another line
MARGIN = 2.0  # heights of a digit, the room before and behind a line
DOUBTFUL = -0.5  # the detector's logit, below which a detection may be a speck
ASIDE = 0.4  # heights, by which a doubtful detection may lie above or below a line
FULL = MAX_LINE / LINE_DIGIT - 4  # heights of a digit, the longest line


def lines_of_detections(detections: Detections) -> tuple[list[Baseline], list[NDArray[np.intp]]]:
    """Lines, with room before and behind, and the detections on each. Doubtful ones, which may be
    specks between digits, part no others; those on no line have lines of their own."""
    best = detections.scores
    sure, doubtful = np.flatnonzero(best >= DOUBTFUL), np.flatnonzero(best < DOUBTFUL)
    groups = [sure[line] for line in lines_through(detections.boxes[sure])]
    lines = [baseline_of(detections.boxes[group], MARGIN) for group in groups]
    owner = _nearest_line(lines, detections.boxes[doubtful])
    groups = [np.append(group, doubtful[owner == line]) for line, group in enumerate(groups)]
    lost = doubtful[owner < 0]
    others = [lost[line] for line in lines_through(detections.boxes[lost])]
    lines += [baseline_of(detections.boxes[group], MARGIN) for group in others]
    return lines, groups + others


def _nearest_line(lines: list[Baseline], boxes: NDArray[np.float32]) -> NDArray[np.intp]:
    """(N,) the line that each box lies on and is as high as; -1 for none."""
    off = np.full((len(lines) + 1, len(boxes)), np.inf)
    off[-1] = ASIDE
    for row, line in zip(off, lines, strict=False):
        start, end, top, foot = line.along(boxes).T
        middle = (start + end) / 2
        is_on = (middle > line.start) & (middle < line.end)
        is_on &= np.abs(np.log(sizes(boxes) / line.size)) < np.log(UNLIKE)
        row[is_on] = np.abs(top + foot)[is_on] / 2 / line.size
    nearest = off.argmin(axis=0)
    return np.where(nearest < len(lines), nearest, -1)


def lines_through(
    boxes: Boxes, read: tuple[NDArray[np.intp], NDArray[np.float64]] | None = None
) -> list[NDArray[np.intp]]:
    """Boxes (N, 4) as lines: indices of those that stand on each, from left to right.

    Each is followed by the nearest to its right whose nearest to the left it is. read: in which
    strip each was read, (N,), and in which of its columns, (N,); of one strip they stand on a line
    however high and large they are, in the order in which they were read.
    """
    if not len(boxes):
        return []
    high = sizes(boxes)
    left, right = boxes[:, 0], boxes[:, 0] + boxes[:, 2]
    middle = boxes[:, 1] + boxes[:, 3] / 2
    centre = boxes[:, 0] + boxes[:, 2] / 2
    size = np.sqrt(high[:, None] * high)
    across = (centre - centre[:, None]) / size
    gap = (left - right[:, None]) / size
    down = np.abs(middle - middle[:, None]) / size
    is_level = down < DRIFT + 0.1 * np.maximum(gap, 0)
    is_level &= np.abs(np.log(high / high[:, None])) < np.log(UNLIKE)
    if read is not None:
        strip, along = read
        is_one = strip[:, None] == strip
        down, is_level = np.where(is_one, 0, down), is_level | is_one
        across = np.where(is_one, (along - along[:, None]) / LINE_DIGIT, across)
    follows = (across > 0.1) & (gap < REACH) & is_level
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
    if len(line) < 2 or right.max() - left.min() <= FULL * quantile(sizes(boxes[line]), 0.7):
        return [line]
    cut = int((left[1:] - right[:-1]).argmax()) + 1
    return _not_too_long(line[:cut], boxes) + _not_too_long(line[cut:], boxes)
