"""Polarity: whether the pen is lighter than the paper, of a picture, a page and a line crop."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

SAMPLED = 400  # pixels, the longest side at which a page is looked at
WINDOW = 31  # pixels there, the side of the surroundings that a pixel is compared with
MEAN = np.full((1, 3), 1 / 3)  # of three colours: what `cv2.transform` multiplies them by
SKEWNESS = -0.4  # of how much darker pixels are than around, below which the pen is lighter


def chance_of_light_pen(
    picture: NDArray[np.uint8], paper: NDArray[np.float32] | None = None
) -> float:
    """The probability that the pen is lighter than the paper, in a picture (H, W, 3) uint8.

    paper: (H, W, 3) the light of uneven paper; then strokes are the rare, strong differences from
    it: the third power brings them out, and shading, which is wide and weak, hardly counts. None
    for even paper: of that, most of the whole, of the border and of the corners is visible, also
    where a digit fills the picture.
    """
    if paper is None:
        grey = picture.sum(axis=2, dtype=np.uint16)
        return _chance_of_dark_paper(2 * grey < grey.min() + grey.max())
    off = cv2.transform(picture - paper, MEAN)
    cubes = off * off * off
    lighter, darker = np.maximum(cubes, 0).sum(), -np.minimum(cubes, 0).sum()
    return float(lighter / max(lighter + darker, 1e-9))


def _chance_of_dark_paper(dark: NDArray[np.bool_]) -> float:
    """dark: (h, w). The odds of whole, border and corners, taken as independent; the four corners
    are few and count half."""
    inner = np.zeros(dark.shape, bool)
    inner[1:-1, 1:-1] = True
    corners = dark[[0, 0, -1, -1], [0, -1, 0, -1]]
    fractions = np.clip([dark.mean(), dark[~inner].mean(), corners.mean()], 0.02, 0.98)
    odds = np.prod((fractions / (1 - fractions)) ** (1, 1, 0.5))
    return float(odds / (1 + odds))


def is_pen_lighter(grey: NDArray[np.uint8]) -> bool:
    """Whether the pen is lighter than the paper on most of a page (H, W) uint8: ink is rare."""
    step = -(-max(grey.shape) // SAMPLED)
    seen = grey[::step, ::step]
    darker = cv2.boxFilter(seen, cv2.CV_32F, (WINDOW, WINDOW)) - seen
    square = darker * darker
    return bool((square * darker).mean() < SKEWNESS * (square.mean() ** 1.5 + 1))


def is_ink_lighter(darker: NDArray[Any]) -> bool:
    """Whether ink is lighter than its paper, by how much darker than that each pixel is, (h, w)."""
    return float((darker**3).sum()) < 0
