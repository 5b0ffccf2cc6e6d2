"""Grey pixels → contrast: the same ink looks the same in light and in shadow."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

AROUND = (33, 129)  # pixels a side of the surroundings that a pixel is compared with
QUIET = 0.15  # of the strongest contrast: what varies less is paper
FAINTEST = 2.0  # grey levels, the same for a picture without any contrast
CHANNELS = len(AROUND) + 1


def contrast(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(h, w) uint8 → (h, w, 3) float32, about -3 to 3: how much darker a pixel is than its near
    and its far surroundings, in standard deviations of these, and how dark it is. Near ones bring
    out what is written beside an edge, far ones what is broad."""
    level = grey.astype(np.float32)
    channels = [_compared(level, side) for side in AROUND]
    return np.stack([*channels, (128 - level) / 64], axis=-1)


def _compared(level: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    mean = cv2.boxFilter(level, -1, (side, side))
    square = cv2.boxFilter(level * level, -1, (side, side))
    deviation = np.sqrt(np.maximum(square - mean * mean, 0))
    strongest = float(np.quantile(deviation[::4, ::4], 0.9))
    return np.asarray((mean - level) / (deviation + QUIET * strongest + FAINTEST), np.float32)
