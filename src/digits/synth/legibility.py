"""Can digits be made out in a picture of a sheet? In some light, noise or blur nobody could."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Layer = NDArray[np.uint8]  # (H, W)
Box = tuple[float, float, float, float]  # x, y, width, height in pixels

LEGIBLE = 10.0  # the legibility from which on more digits than not can be told by eye
COARSE = 5.0  # times in a digit's height: what varies no faster is light, not strokes
AROUND = 0.2  # of a digit's height, how much around it is looked at
INKED = 80  # of 255, the ink that tells which layer a digit is on


def legibility(
    grey: Layer, pen: Layer, printed: Layer, boxes: Sequence[Box]
) -> NDArray[np.float64]:
    """(N,) how far digits stand out of noise, blur and what is printed across them, in pixels.

    The signal-to-noise ratio of a matched filter, of a picture's fine detail with the digit's ink
    for pattern, times the digit's height, since a larger digit is seen through more noise.

    grey: the picture; pen, printed: the ink in it, 255 full; boxes: of N digits, in the picture.
    """
    if not boxes:
        return np.zeros(0)
    coarse = float(np.median([high for *_, high in boxes])) / COARSE
    layers = [_fine(layer, coarse) for layer in (grey, pen, printed)]
    ratios = []
    for x, y, wide, high in boxes:
        seen, own, other = (_cut(layer, (x, y, wide, high)) for layer in layers)
        if _cut(pen, (x, y, wide, high)).max() < INKED:
            own, other = other, own
        ratios.append(high * _signal_to_noise(_without(other, seen), _without(other, own)))
    return np.array(ratios)


def _fine(layer: Layer, coarse: float) -> NDArray[np.float32]:
    plain = layer.astype(np.float32)
    return np.asarray(plain - cv2.GaussianBlur(plain, (0, 0), coarse), np.float32)


def _cut(layer: NDArray[np.float32] | Layer, box: Box) -> NDArray[np.float32]:
    x, y, wide, high = box
    room = AROUND * high
    low = max(int(x - room), 0), max(int(y - room), 0)
    part = layer[low[1] : int(y + high + room) + 1, low[0] : int(x + wide + room) + 1]
    return np.asarray(part, np.float32).ravel()


def _without(other: NDArray[np.float32], part: NDArray[np.float32]) -> NDArray[np.float32]:
    """What another layer does not explain of one."""
    return part - other * (float(part @ other) / (float(other @ other) + 1e-6))


def _signal_to_noise(seen: NDArray[np.float32], pattern: NDArray[np.float32]) -> float:
    both = float(seen @ pattern) ** 2
    noise = max(float(seen @ seen) * float(pattern @ pattern) - both, 1e-6)
    return float(np.sqrt(both / noise))
