"""Augmentation of grey crops of pages: elastic distortion, and camera and paper defects."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
Random = np.random.Generator

KNOT = 16  # pixels between the knots of the displacement field
MAX_FADING = 2.0  # natural logarithm of the factor by which contrast falls
MAX_SHADE = 50  # grey levels between the middle and the border of a crop


def elastic(grey: Grey, maximum: float, rng: Random) -> Grey:
    """(H, W) uint8, distorted by a smooth random field of displacements.

    maximum: largest standard deviation of the displacements in pixels. Source: Simard et al. 2003,
    DOI 10.1109/ICDAR.2003.1227801.
    """
    rows, columns = grey.shape
    spread = rng.uniform(0.2, 1) * maximum
    knots = rng.normal(0, spread, (2, rows // KNOT + 1, columns // KNOT + 1)).astype(np.float32)
    across, down = (
        cv2.resize(each, (columns, rows), interpolation=cv2.INTER_CUBIC) for each in knots
    )
    x, y = np.meshgrid(np.arange(columns, dtype=np.float32), np.arange(rows, dtype=np.float32))
    moved = cv2.remap(grey, x + across, y + down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.uint8)


def degrade(grey: Grey, rng: Random) -> Grey:
    """(H, W) uint8, each with some probability: broader or finer pen, blur, low contrast, uneven
    light, noise."""
    level: NDArray[Any] = grey.astype(np.float32)
    if rng.random() < 0.2:
        level = _eroded(level) if rng.random() < 0.5 else -_eroded(-level)
        level += rng.uniform(0.4, 1) * (grey - level)
    blur = rng.random()
    if blur < 0.2:
        level = cv2.GaussianBlur(level, (0, 0), rng.uniform(0.4, 1.5) if blur < 0.15 else 2)
    if rng.random() < 0.12:
        mean = level.mean()
        level = mean + (level - mean) * math.exp(-rng.uniform(0, MAX_FADING))
    if rng.random() < 0.12:
        down, across = rng.uniform(-MAX_SHADE, MAX_SHADE, 2)
        level = level + np.linspace(-down, down, len(grey))[:, None]
        level = level + np.linspace(-across, across, grey.shape[1])
    if rng.random() < 0.3:
        level = level + rng.normal(0, rng.uniform(1, 10), grey.shape)
    return np.asarray(np.clip(np.rint(level), 0, 255), np.uint8)


def _eroded(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    """The minimum of each pixel's 3×3 neighbourhood: dark ink becomes broader."""
    return np.asarray(cv2.erode(grey, np.ones((3, 3), np.uint8)), np.float32)
