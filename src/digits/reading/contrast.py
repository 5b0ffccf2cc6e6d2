"""Grey pixels → local contrast: the same ink looks the same in light and in shadow."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

AROUND = 97  # pixels a side of the surroundings that a pixel is compared with
QUIET = 0.15  # of the strongest local contrast: what varies less is paper
FAINTEST = 2.0  # grey levels, the same for a picture without any contrast


def local_contrast(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(h, w) uint8 → (h, w) float32: how much darker a pixel is than what surrounds it, in
    standard deviations of what surrounds it. Ink is positive, light on dark negative."""
    level = grey.astype(np.float32)
    mean = cv2.boxFilter(level, -1, (AROUND, AROUND))
    square = cv2.boxFilter(level * level, -1, (AROUND, AROUND))
    deviation = np.sqrt(np.maximum(square - mean * mean, 0))
    strongest = float(np.quantile(deviation[::4, ::4], 0.9))
    return np.asarray((mean - level) / (deviation + QUIET * strongest + FAINTEST), np.float32)
