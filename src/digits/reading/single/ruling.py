"""Ruled and squared paper: the printed lines, told from the pen and taken away."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

LENGTH = 0.2  # a line runs straight over this share of the picture's longer side
SLOPES = (-0.12, -0.08, -0.04, 0.0, 0.04, 0.08, 0.12)  # hand-held photos tilt by some degrees
WIDEST = 13  # pixels of the grid; a straight run as broad as this is a stroke
FAINTEST = 25  # level from which a line is worth the trouble


def without_lines(level: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """The ink without ruled lines, lying or standing; None where there are none.

    level: (h, w) uint8, 0 paper to 255 ink. What is no part of a line keeps its level; where pen
    crosses a line, the line's width is bridged.
    """
    cleaned = level
    for lines in (_lying(level), _lying(level.T).T):
        if (lines > FAINTEST).any():
            cleaned = np.minimum(cleaned, _bridged(level, lines))
    return None if cleaned is level else np.ascontiguousarray(cleaned)


def _lying(level: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The level of lines near the horizontal, 0 elsewhere: openings by thin slanted lines."""
    if level[:, [0, 1, -2, -1]].max() <= FAINTEST:  # none runs to the rim
        return np.zeros(level.shape, np.uint8)
    length = round(LENGTH * max(level.shape)) | 1
    found = np.zeros(level.shape, np.uint8)
    for slope in SLOPES:
        found = np.maximum(found, cv2.morphologyEx(level, cv2.MORPH_OPEN, _segment(length, slope)))
    broad = cv2.morphologyEx(found, cv2.MORPH_OPEN, np.ones((WIDEST, 1), np.uint8))
    found[broad > FAINTEST] = 0
    return _to_the_rim(found)


def _to_the_rim(lines: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Only the lines that run out of the picture: a digit's straight strokes end inside it."""
    _, components, boxes, _ = cv2.connectedComponentsWithStats((lines > FAINTEST).astype(np.uint8))
    ends = (boxes[:, 0] <= 1) | (boxes[:, 0] + boxes[:, 2] >= lines.shape[1] - 1)
    ends[0] = False
    return np.where(ends[components], lines, 0).astype(np.uint8)


def _segment(length: int, slope: float) -> NDArray[np.uint8]:
    rise = 2 * round(length * abs(slope) / 2)  # even: the kernel's middle is its anchor
    kernel = np.zeros((rise + 1, length), np.uint8)
    ends = ((0, 0), (length - 1, rise)) if slope >= 0 else ((0, rise), (length - 1, 0))
    cv2.line(kernel, *ends, 1)
    return kernel


def _bridged(level: NDArray[np.uint8], lines: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The level with the lines gone, and the gaps they leave in what crosses them closed."""
    grown = cv2.dilate(lines, np.ones((3, 1), np.uint8)) > FAINTEST
    gone = np.where(grown, 0, level).astype(np.uint8)
    across = np.ones((2 * WIDEST + 1, 1), np.uint8)
    closed = cv2.morphologyEx(gone, cv2.MORPH_CLOSE, across)
    return np.where(grown, np.minimum(closed, level), level).astype(np.uint8)
