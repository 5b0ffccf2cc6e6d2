"""The ink of one digit in a strip, without that of its neighbours."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from digits.geometry import quantile

PAD = 0.12  # of a box, by which ink may reach beyond it; and 1 pixel
AROUND = 26  # pixels to both sides, whose median is the paper
PAPER = 0.2  # of the pen's contrast, up to which it may be grain
EDGE = 0.4  # of it, where ink begins
DARK = 10.0  # grey levels, added to the light: where there is none, noise is no contrast
FOREIGN = 0.35  # of the ink, the most that a piece has which comes in from aside


@dataclass(frozen=True, slots=True, eq=False)
class Specimen:
    """ink: (h, w) uint8, 0 paper to 255. box: around just that, x, y, width, height in pixels of
    the strip. contrast: of the pen to the paper, a share of the lighter of both, in [0, 1]."""

    ink: NDArray[np.uint8]
    box: NDArray[np.float64]
    contrast: float


def specimen(strip: NDArray[np.uint8], box: NDArray[np.float64]) -> Specimen:
    """The ink in a box of a strip (H, W) uint8 grey.

    Whether the pen is darker or lighter than the paper is told by the third moment: ink is what
    differs strongly and is rare.
    """
    left, top, right, foot = _window(box, strip.shape)
    around = strip[:, max(left - AROUND, 0) : right + AROUND]
    paper = quantile(around, 0.5)
    off = paper - strip[top:foot, left:right].astype(np.float32)
    is_light = float((off**3).sum()) < 0
    if is_light:
        off = -off
    pen = max(quantile(off, 0.97), 1.0)
    light = paper + pen if is_light else paper
    contrast = pen / (light + DARK)
    level = np.clip((off / pen - PAPER) / (1 - PAPER), 0, 1)
    own = _own(level > EDGE, level)
    x, y, wide, high = cv2.boundingRect(own.astype(np.uint8))
    if not wide:
        return Specimen(np.asarray(level * 255, np.uint8), box, contrast)
    near = cv2.dilate(own.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    ink = np.where(near, level, 0) * 255
    tight = np.array([left + x, top + y, wide, high], np.float64)
    return Specimen(np.asarray(ink, np.uint8), tight, contrast)


def _window(box: NDArray[np.float64], shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    x, y, wide, high = box.tolist()
    across, down = PAD * wide + 1, PAD * high + 1
    left, top = max(math.floor(x - across), 0), max(math.floor(y - down), 0)
    right, foot = math.ceil(x + wide + across), math.ceil(y + high + down)
    left, top = min(left, shape[1] - 2), min(top, shape[0] - 2)
    return left, top, max(min(right, shape[1]), left + 2), max(min(foot, shape[0]), top + 2)


def _own(mask: NDArray[np.bool_], level: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Without pieces that lie at the rim and are the smaller part: they belong to a neighbour."""
    count, labels, stats, centres = cv2.connectedComponentsWithStats(
        mask.astype(np.uint8), connectivity=8
    )
    mass = np.bincount(labels.ravel(), level.ravel(), minlength=count)
    total = mass[1:].sum()
    rows, columns = mask.shape
    own = mask.copy()
    for label in range(1, count):
        x, y, wide, high = stats[label, :4].tolist()
        touches = x == 0 or y == 0 or x + wide == columns or y + high == rows
        off = np.abs(centres[label] / (columns - 1, rows - 1) - 0.5).max()
        if touches and mass[label] < FOREIGN * total and off > 0.3:
            own[labels == label] = False
    return own
