"""Cut-outs of pages as other hands, cameras and papers would have made them."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
Random = np.random.Generator

KNOT = 16  # pixels between the places that are moved on their own
FADED = 2.0  # at most so many times e, by which contrast falls
SHADE = 50  # grey levels, by which light may change from the middle of a cut-out to its rim


def waved(grey: Grey, most: float, rng: Random) -> Grey:
    """Bent a little here and there, by up to `most` pixels (standard deviation), as if each stroke
    had been written once more. Source: Simard et al. 2003, DOI 10.1109/ICDAR.2003.1227801."""
    rows, columns = grey.shape
    spread = rng.uniform(0.2, 1) * most
    knots = rng.normal(0, spread, (2, rows // KNOT + 1, columns // KNOT + 1)).astype(np.float32)
    across, down = (
        cv2.resize(each, (columns, rows), interpolation=cv2.INTER_CUBIC) for each in knots
    )
    x, y = np.meshgrid(np.arange(columns, dtype=np.float32), np.arange(rows, dtype=np.float32))
    moved = cv2.remap(grey, x + across, y + down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.uint8)


def photographed(grey: Grey, rng: Random) -> Grey:
    """Now and then with a broader or finer pen, out of focus, faint, in uneven light, noisy."""
    seen: NDArray[Any] = grey.astype(np.float32)
    if rng.random() < 0.2:
        seen = _broader(seen) if rng.random() < 0.5 else -_broader(-seen)
        seen += rng.uniform(0.4, 1) * (grey - seen)
    blur = rng.random()
    if blur < 0.2:
        seen = cv2.GaussianBlur(seen, (0, 0), rng.uniform(0.4, 1.5) if blur < 0.15 else 2)
    if rng.random() < 0.12:
        seen = seen.mean() + (seen - seen.mean()) * math.exp(-rng.uniform(0, FADED))
    if rng.random() < 0.12:
        down, across = rng.uniform(-SHADE, SHADE, 2)
        seen = seen + np.linspace(-down, down, len(grey))[:, None]
        seen = seen + np.linspace(-across, across, grey.shape[1])
    if rng.random() < 0.3:
        seen = seen + rng.normal(0, rng.uniform(1, 10), grey.shape)
    return np.asarray(np.clip(np.rint(seen), 0, 255), np.uint8)


def _broader(dark: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(cv2.erode(dark, np.ones((3, 3), np.uint8)), np.float32)
