"""Grey pixels → contrast: the same ink looks the same in light and in shadow."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from digits.quantile import quantile

NEAR, FAR = (2, 17), (4, 33)  # the surroundings that a pixel is compared with: times smaller the
# picture is in which they are measured, pixels a side there
SAMPLED = 4  # pixels between the places that tell what contrast there is in a picture
QUIET = 0.15  # of the strongest contrast: what varies less is paper
FAINTEST = 2.0  # grey levels, the same for a picture without any contrast
CHANNELS = 3


def contrast(grey: NDArray[np.uint8], grain: int = 1) -> NDArray[np.float32]:
    """(h, w) uint8 → (h, w, 3) float32, about -3 to 3: how much darker a pixel is than its near
    and its far surroundings, in standard deviations of these, and how dark it is. Near ones bring
    out what is written beside an edge, far ones what is broad.

    grain: zeros go on below and to the right until h and w are multiples of it.
    """
    height, width = grey.shape
    seen = np.zeros((-(-height // grain) * grain, -(-width // grain) * grain, CHANNELS), np.float32)
    level = grey.astype(np.float32)
    near, far = (_compared(grey, level, *around) for around in (NEAR, FAR))
    dark = np.multiply(128 - level, 1 / 64, out=level)
    cv2.merge((near, far, dark), seen[:height, :width])
    return seen


def _compared(
    grey: NDArray[np.uint8], level: NDArray[np.float32], smaller: int, side: int
) -> NDArray[np.float32]:
    height, width = grey.shape
    small = cv2.resize(
        grey, (-(-width // smaller), -(-height // smaller)), interpolation=cv2.INTER_AREA
    )
    mean = cv2.boxFilter(small, cv2.CV_32F, (side, side))
    square = cv2.sqrBoxFilter(small, cv2.CV_32F, (side, side))
    deviation = np.sqrt(np.maximum(square - mean * mean, 0))
    step = SAMPLED // smaller
    strongest = quantile(deviation[::step, ::step], 0.9)
    coarse = 1 / (deviation + np.float32(QUIET * strongest + FAINTEST))
    gain, lifted = (cv2.resize(each, (width, height)) for each in (coarse, mean * coarse))
    return np.asarray(cv2.subtract(lifted, cv2.multiply(level, gain, gain), lifted), np.float32)
