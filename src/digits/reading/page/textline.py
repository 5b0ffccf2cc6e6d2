"""Detections that stand side by side → text lines, and the crops that a recogniser reads.

In a line crop, LINE_HEIGHT pixels high, a digit is about LINE_DIGIT pixels high and the text line
is horizontal.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from digits.geometry import Boxes, centres, meeting_pairs, quantile, sizes
from digits.model.detector import Detections
from digits.model.parameters import Textline
from digits.model.spec import LINE_DIGIT, LINE_HEIGHT, MAX_LINE

STEEPEST = 0.6  # rise of a line over its length; what is steeper is no line of writing
BEYOND = 0.5  # sizes of a digit; farther out, the repeated border of a picture looks like strokes
TYPICAL = 0.7  # quantile of the sizes of the digits of a line; some are parts or flat
LONGEST = MAX_LINE / LINE_DIGIT - 4  # sizes of a digit, of the digits of one line


@dataclass(frozen=True, slots=True)
class TextLine:
    """A straight line through the middles of digits.

    x, y: the point on it from which positions along it are measured. angle: radians by which it
    falls. size: of a digit. start, end: where its crop begins and ends. All in pixels of the page.
    """

    x: float
    y: float
    angle: float
    size: float
    start: float
    end: float

    @property
    def scale(self) -> float:
        """Pixels of the crop for each pixel of the page."""
        return LINE_DIGIT / self.size

    @property
    def width(self) -> int:
        """Of the crop, in its pixels."""
        return max(1, round((self.end - self.start) * self.scale))

    @property
    def matrix(self) -> NDArray[np.float64]:
        """(2, 3): the affine map from the page to the crop."""
        cos, sin = self.scale * math.cos(self.angle), self.scale * math.sin(self.angle)
        across = -self.start * self.scale - cos * self.x - sin * self.y
        down = LINE_HEIGHT / 2 + sin * self.x - cos * self.y
        return np.array([[cos, sin, across], [-sin, cos, down]])

    def within(self, shape: tuple[int, ...]) -> TextLine:
        """The line, ending at most BEYOND to the left and right of a page (height, width)."""
        cos, beyond = math.cos(self.angle), BEYOND * self.size
        left, right = -self.x / cos - beyond, (shape[1] - self.x) / cos + beyond
        return replace(self, start=max(self.start, left), end=min(self.end, right))

    def along(self, boxes: Boxes) -> NDArray[np.float64]:
        """(N, 4): where each box begins and ends along the line, and how far above (negative) and
        below the line it reaches."""
        middle = centres(boxes) - (self.x, self.y)
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        across, down = middle @ [cos, sin], middle @ [-sin, cos]
        half_wide, half_high = boxes[:, 2] / 2, boxes[:, 3] / 2
        return np.stack(
            [across - half_wide, across + half_wide, down - half_high, down + half_high], 1
        )

    def to_crop(self, boxes: Boxes) -> NDArray[np.float64]:
        """Boxes (N, 4) of the page as boxes of the crop; they stay upright."""
        middle = centres(boxes) @ self.matrix[:, :2].T + self.matrix[:, 2]
        size = boxes[:, 2:] * self.scale
        return np.concatenate([middle - size / 2, size], axis=1)

    def to_page(self, boxes: NDArray[np.float64]) -> NDArray[np.float32]:
        """Boxes (N, 4) of the crop as boxes of the page."""
        inverse = cv2.invertAffineTransform(self.matrix)
        middle = centres(boxes) @ inverse[:, :2].T + inverse[:, 2]
        size = boxes[:, 2:] / self.scale
        return np.concatenate([middle - size / 2, size], axis=1).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class LineCrop:
    """A text line cut out of its page, with the N detections on it.

    pixels: (LINE_HEIGHT, W) uint8. boxes: (N, 4) float64 in pixels of the crop. logits: (N, 10).
    """

    line: TextLine
    pixels: NDArray[np.uint8]
    boxes: NDArray[np.float64]
    logits: NDArray[np.float32]


def crop_lines(
    grey: NDArray[np.uint8], detections: Detections, parameters: Textline
) -> list[LineCrop]:
    """The text lines of a page (H, W) uint8, cropped, each with the detections on it."""
    crops = []
    for line, group in group_lines(detections, parameters):
        within = line.within(grey.shape)
        pixels = crop_line(grey, within.matrix, within.width)
        own = detections.take(group)
        crops.append(LineCrop(within, pixels, within.to_crop(own.boxes), own.logits))
    return crops


def group_lines(
    detections: Detections, parameters: Textline
) -> list[tuple[TextLine, NDArray[np.intp]]]:
    """Text lines, each with the indices of the detections on it.

    Less certain detections may be specks between digits: they join a line that they lie on and
    separate none; those on no line form lines of their own.
    """
    certain = detections.scores >= parameters.certain
    sure, rest = np.flatnonzero(certain), np.flatnonzero(~certain)
    groups = [sure[run] for run in side_by_side(detections.boxes[sure], parameters)]
    lines = [fit_text_line(detections.boxes[group], parameters.margin) for group in groups]
    owner = _nearest_line(lines, detections.boxes[rest], parameters)
    order = np.argsort(owner, kind="stable")
    bounds = np.searchsorted(owner[order], np.arange(len(groups) + 1))
    for index in np.flatnonzero(np.diff(bounds)).tolist():
        joined = rest[order[bounds[index] : bounds[index + 1]]]
        groups[index] = np.append(groups[index], joined)
    lost = rest[owner < 0]
    others = [lost[run] for run in side_by_side(detections.boxes[lost], parameters)]
    lines += [fit_text_line(detections.boxes[group], parameters.margin) for group in others]
    return list(zip(lines, groups + others, strict=True))


def fit_text_line(boxes: Boxes, margin: float = 0.0) -> TextLine:
    """The text line through one digit or more (N, 4), with a margin before and behind, in sizes of
    a digit."""
    middle = centres(boxes)
    size = quantile(sizes(boxes), TYPICAL)
    centre = middle.mean(axis=0)
    off = middle - centre
    spread = float((off[:, 0] ** 2).sum())
    rise = 0.0
    if len(boxes) > 1 and np.ptp(middle[:, 0]) > size:
        rise = float(np.clip((off[:, 0] * off[:, 1]).sum() / spread, -STEEPEST, STEEPEST))
    line = TextLine(float(centre[0]), float(centre[1]), math.atan(rise), size, 0.0, 0.0)
    along, room = line.along(boxes), margin * size
    return replace(line, start=float(along[:, 0].min()) - room, end=float(along[:, 1].max()) + room)


def crop_line(
    grey: NDArray[np.uint8], matrix: NDArray[np.float64], width: int
) -> NDArray[np.uint8]:
    """(LINE_HEIGHT, width) uint8: the part of a page that an affine map (2, 3) leads to; beyond the
    page its border is repeated."""
    inverse = cv2.invertAffineTransform(matrix)
    corners = [[0, 0, 1], [width, 0, 1], [0, LINE_HEIGHT, 1], [width, LINE_HEIGHT, 1]]
    on_page = np.array(corners) @ inverse.T
    limit = np.array(grey.shape[::-1])
    low = np.clip(np.floor(on_page.min(axis=0)) - 2, 0, limit - 1).astype(int)
    high = np.clip(np.ceil(on_page.max(axis=0)) + 3, low + 1, limit).astype(int)
    window = grey[low[1] : high[1], low[0] : high[0]]
    moved = matrix.copy()
    moved[:, 2] += matrix[:, :2] @ low
    shrink = 1 / math.sqrt(max(abs(float(np.linalg.det(matrix[:, :2]))), 1e-9))
    if shrink > 1.5:  # a pixel of the crop is the mean of those that it covers
        size = [max(1, round(side / shrink)) for side in window.shape[::-1]]
        stretch = np.array(window.shape[::-1]) / size
        window = np.asarray(cv2.resize(window, size, interpolation=cv2.INTER_AREA), np.uint8)
        moved[:, :2] *= stretch
    method = cv2.INTER_CUBIC if shrink < 0.8 else cv2.INTER_LINEAR
    crop = cv2.warpAffine(
        window, moved, (width, LINE_HEIGHT), flags=method, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(crop, np.uint8)


def side_by_side(boxes: Boxes, parameters: Textline) -> list[NDArray[np.intp]]:
    """Indices of boxes (N, 4) that stand side by side on a line, each run from left to right.

    Each box is followed by the nearest to its right, if it is the nearest to the left of that.
    """
    size, middle = sizes(boxes), centres(boxes)
    first, second = _near(boxes, size, parameters)
    unit = np.sqrt(size[first] * size[second])
    across = (middle[second, 0] - middle[first, 0]) / unit
    gap = (boxes[second, 0] - boxes[first, 0] - boxes[first, 2]) / unit
    drift = np.abs(middle[second, 1] - middle[first, 1]) / unit
    follows = (across > 0.1) & (gap < parameters.max_gap)
    follows &= drift < parameters.max_drift + 0.1 * np.maximum(gap, 0)
    follows &= np.abs(np.log(size[first] / size[second])) < math.log(parameters.max_ratio)
    first, second = first[follows], second[follows]
    distance = (across + 2 * drift)[follows]
    following = _nearest(first, second, distance, len(boxes))
    before = _nearest(second, first, distance, len(boxes))
    return _chains(following, before, boxes)


def _near(
    boxes: Boxes, size: NDArray[np.float32], parameters: Textline
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pairs of boxes that may follow each other on a line, each both ways."""
    reach = parameters.max_gap * math.sqrt(parameters.max_ratio) * size
    x, y, width, height = boxes.T
    one, other = meeting_pairs(np.stack([x, y - size / 2, width + reach, height + size], axis=1))
    return np.concatenate([one, other]), np.concatenate([other, one])


def _nearest(
    of: NDArray[np.intp], to: NDArray[np.intp], distance: NDArray[np.float64], count: int
) -> NDArray[np.intp]:
    """(count,) the nearest of `to` for each index in `of`; -1 for none."""
    nearest = np.full(count, -1, np.intp)
    order = np.lexsort((to, distance))[::-1]  # the nearest is written last
    nearest[of[order]] = to[order]
    return nearest


def _chains(
    following: NDArray[np.intp], before: NDArray[np.intp], boxes: Boxes
) -> list[NDArray[np.intp]]:
    index = np.arange(len(boxes))
    is_followed = following >= 0
    is_followed[is_followed] = before[following[is_followed]] == index[is_followed]
    is_first = np.ones(len(boxes), bool)
    is_first[following[is_followed]] = False
    runs = []
    for place in np.flatnonzero(is_first).tolist():
        run = [place]
        while is_followed[run[-1]]:
            run.append(int(following[run[-1]]))
        runs += _not_too_long(np.array(run), boxes)
    return runs


def _not_too_long(run: NDArray[np.intp], boxes: Boxes) -> list[NDArray[np.intp]]:
    """A run in parts that fit into a line crop, cut at its widest gaps."""
    left, right = boxes[run, 0], boxes[run, 0] + boxes[run, 2]
    if len(run) < 2 or right.max() - left.min() <= LONGEST * quantile(sizes(boxes[run]), TYPICAL):
        return [run]
    cut = int((left[1:] - right[:-1]).argmax()) + 1
    return _not_too_long(run[:cut], boxes) + _not_too_long(run[cut:], boxes)


def _nearest_line(lines: list[TextLine], boxes: Boxes, parameters: Textline) -> NDArray[np.intp]:
    """(N,) the line that each box lies on and is as large as; -1 for none."""
    owner, nearest = np.full(len(boxes), -1, np.intp), np.full(len(boxes), parameters.max_drift)
    order = np.argsort(centres(boxes)[:, 1])
    height = centres(boxes)[order, 1]
    for index, line in enumerate(lines):
        rise = math.tan(line.angle) * np.array([line.start, line.end])
        room = parameters.max_drift * line.size * math.sqrt(1 + STEEPEST**2)
        low, high = np.searchsorted(
            height, [line.y + rise.min() - room, line.y + rise.max() + room]
        )
        near = order[low:high]
        start, end, top, bottom = line.along(boxes[near]).T
        off = np.abs(top + bottom) / 2 / line.size
        is_on = (start + end > 2 * line.start) & (start + end < 2 * line.end)
        is_on &= np.abs(np.log(sizes(boxes[near]) / line.size)) < math.log(parameters.max_ratio)
        is_on &= off < nearest[near]
        owner[near[is_on]], nearest[near[is_on]] = index, off[is_on]
    return owner
