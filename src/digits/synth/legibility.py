"""Legibility of digits in a picture of a sheet, after light, noise and blur."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Layer = NDArray[np.uint8]  # (H, W)
Box = tuple[float, float, float, float]  # x, y, width, height in pixels

LEGIBLE = 10.0  # pixels; above it, most digits can be read by eye
COARSE = 5.0  # digit height over the standard deviation of the blur that separates light from ink
MARGIN = 0.2  # digit heights around a box
INKED = 80  # of 255: a digit whose box has less pen ink is printed


def legibility(
    grey: Layer, pen: Layer, printed: Layer, boxes: Sequence[Box]
) -> NDArray[np.float64]:
    """(N,) float64: signal-to-noise ratio of each digit times its height in pixels.

    The ratio is that of a matched filter on the picture's fine detail, with the digit's ink as the
    pattern. It is multiplied by the height, since a larger digit is legible in more noise.

    grey: the picture; pen, printed: the ink in it, 255 full; boxes: of N digits, in the picture.
    """
    if not boxes:
        return np.zeros(0)
    coarse = float(np.median([high for *_, high in boxes])) / COARSE
    layers = [_fine(layer, coarse) for layer in (grey, pen, printed)]
    ratios = []
    for x, y, wide, high in boxes:
        found, own, other = (_cut(layer, (x, y, wide, high)) for layer in layers)
        if _cut(pen, (x, y, wide, high)).max() < INKED:
            own, other = other, own
        ratios.append(high * _signal_to_noise(_without(other, found), _without(other, own)))
    return np.array(ratios)


def _fine(layer: Layer, coarse: float) -> NDArray[np.float32]:
    plain = layer.astype(np.float32)
    return np.asarray(plain - cv2.GaussianBlur(plain, (0, 0), coarse), np.float32)


def _cut(layer: NDArray[np.float32] | Layer, box: Box) -> NDArray[np.float32]:
    x, y, wide, high = box
    room = MARGIN * high
    low = max(int(x - room), 0), max(int(y - room), 0)
    part = layer[low[1] : int(y + high + room) + 1, low[0] : int(x + wide + room) + 1]
    return np.asarray(part, np.float32).ravel()


def _without(other: NDArray[np.float32], part: NDArray[np.float32]) -> NDArray[np.float32]:
    """The residual of one layer after projection on another."""
    return part - other * (float(part @ other) / (float(other @ other) + 1e-6))


def _signal_to_noise(found: NDArray[np.float32], pattern: NDArray[np.float32]) -> float:
    both = float(found @ pattern) ** 2
    noise = max(float(found @ found) * float(pattern @ pattern) - both, 1e-6)
    return float(np.sqrt(both / noise))
