"""Digits that stand side by side → the strip of the picture that holds them, lying and of one size.

A recogniser reads strips: LINE_HEIGHT pixels high, a digit in them about LINE_DIGIT pixels, the
line they stand on horizontal.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from digits.geometry import quantile, sizes
from digits.model.spec import LINE_DIGIT, LINE_HEIGHT

STEEPEST = 0.6  # rise of a line over its length; what is steeper is no line of writing
BEYOND = 0.5  # heights; farther out the rim of a picture, which goes on there, looks like strokes

Boxes = NDArray[np.float32]  # (N, 4): x, y, width, height in pixels


@dataclass(frozen=True, slots=True)
class Baseline:
    """A line that digits stand on, through their middles.

    x, y: the place on it from which is measured. angle: by which it falls, in radians. size: of a
    digit. start, end: where the strip begins and ends along it. All in pixels of the picture.
    """

    x: float
    y: float
    angle: float
    size: float
    start: float
    end: float

    @property
    def scale(self) -> float:
        """Pixels of the strip in a pixel of the picture."""
        return LINE_DIGIT / self.size

    @property
    def width(self) -> int:
        """Of the strip, in its pixels."""
        return max(1, round((self.end - self.start) * self.scale))

    @property
    def matrix(self) -> NDArray[np.float64]:
        """(2, 3): from places in the picture to places in the strip."""
        cos, sin = self.scale * math.cos(self.angle), self.scale * math.sin(self.angle)
        across = -self.start * self.scale - cos * self.x - sin * self.y
        down = LINE_HEIGHT / 2 + sin * self.x - cos * self.y
        return np.array([[cos, sin, across], [-sin, cos, down]])

    def within(self, shape: tuple[int, ...]) -> Baseline:
        """No farther than BEYOND to the left and the right of a picture (height, width)."""
        cos, beyond = math.cos(self.angle), BEYOND * self.size
        left, right = -self.x / cos - beyond, (shape[1] - self.x) / cos + beyond
        return replace(self, start=max(self.start, left), end=min(self.end, right))

    def along(self, boxes: Boxes) -> NDArray[np.float64]:
        """(N, 4): of each box where it begins and ends along the line, and how far above (negative)
        and below the line it reaches."""
        middle = np.asarray(boxes[:, :2] + boxes[:, 2:] / 2, np.float64) - (self.x, self.y)
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        across, down = middle @ [cos, sin], middle @ [-sin, cos]
        half_wide, half_high = boxes[:, 2] / 2, boxes[:, 3] / 2
        return np.stack(
            [across - half_wide, across + half_wide, down - half_high, down + half_high], 1
        )


def baseline_of(boxes: Boxes, margin: float = 0.0) -> Baseline:
    """The line through digits, one or more, with a margin before and behind, in heights of a
    digit."""
    middle = np.asarray(boxes[:, :2] + boxes[:, 2:] / 2, np.float64)
    size = quantile(sizes(boxes), 0.7)
    centre = middle.mean(axis=0)
    off = middle - centre
    spread = float((off[:, 0] ** 2).sum())
    rise = 0.0
    if len(boxes) > 1 and np.ptp(middle[:, 0]) > size:
        rise = float(np.clip((off[:, 0] * off[:, 1]).sum() / spread, -STEEPEST, STEEPEST))
    line = Baseline(float(centre[0]), float(centre[1]), math.atan(rise), size, 0.0, 0.0)
    along, room = line.along(boxes), margin * size
    return replace(line, start=float(along[:, 0].min()) - room, end=float(along[:, 1].max()) + room)


def cut_strip(
    grey: NDArray[np.uint8], matrix: NDArray[np.float64], width: int
) -> NDArray[np.uint8]:
    """(LINE_HEIGHT, width) uint8: the strip that `matrix` (2, 3) leads to; beyond the picture its
    rim goes on."""
    backwards = cv2.invertAffineTransform(matrix)
    corners = (
        np.array([[0, 0, 1], [width, 0, 1], [0, LINE_HEIGHT, 1], [width, LINE_HEIGHT, 1]])
        @ backwards.T
    )
    limit = np.array(grey.shape[::-1])
    low = np.clip(np.floor(corners.min(axis=0)) - 2, 0, limit - 1).astype(int)
    far = np.clip(np.ceil(corners.max(axis=0)) + 3, low + 1, limit).astype(int)
    window = grey[low[1] : far[1], low[0] : far[0]]
    moved = matrix.copy()
    moved[:, 2] += matrix[:, :2] @ low
    shrink = 1 / math.sqrt(max(abs(float(np.linalg.det(matrix[:, :2]))), 1e-9))
    if shrink > 1.5:  # a pixel of the strip is the mean of those that it covers
        size = [max(1, round(side / shrink)) for side in window.shape[::-1]]
        stretch = np.array(window.shape[::-1]) / size
        window = np.asarray(cv2.resize(window, size, interpolation=cv2.INTER_AREA), np.uint8)
        moved[:, :2] *= stretch
    method = cv2.INTER_CUBIC if shrink < 0.8 else cv2.INTER_LINEAR
    strip = cv2.warpAffine(
        window, moved, (width, LINE_HEIGHT), flags=method, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(strip, np.uint8)
