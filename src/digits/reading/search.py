"""Picture → every place where a digit may be, small or large."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from digits.model.finder import GRAIN, Finder, Spots, without_parts
from digits.reading.baseline import sizes_of
from digits.reading.contrast import contrast
from digits.reading.quantile import quantile

FINEST = 1600  # pixels, the longest side at which a picture is looked at
CLOSER = 2.0  # times, by which a picture with small digits is enlarged for another look
FINE = 15  # pixels; digits that are smaller, half of them, are small
SMALL = 320  # pixels, the longest side of a picture that is looked at closer anyway
STEP = 2.5  # from one scale to the next; a finder stands digits of five sizes and more
COARSEST = 24  # pixels, the longest side at which the last look is taken, or a little more


def search(finder: Finder, grey: NDArray[np.uint8]) -> Spots:
    """Where digits may be in a picture (H, W) uint8, each place once, the surest first; boxes in
    pixels of the picture."""
    scales = _scales(max(grey.shape))
    found, seen = [], grey
    for scale in scales:
        seen = _resized(seen, grey.shape, scale)
        found.append(_spots(finder, seen, grey.shape))
    if max(grey.shape) * scales[0] * CLOSER <= FINEST and _are_small(found[0], grey.shape):
        found.append(_spots(finder, _resized(grey, grey.shape, CLOSER * scales[0]), grey.shape))
    boxes, scores = (
        np.concatenate([getattr(spots, part) for spots in found]) for part in ("boxes", "scores")
    )
    order = np.argsort(-scores.max(axis=1), kind="stable")
    return without_parts(Spots(boxes[order], scores[order]))


def _scales(longest: int) -> list[float]:
    """From the finest to the coarsest, 1 being that of the picture."""
    scales = [min(1.0, FINEST / longest)]
    while longest * scales[-1] / STEP >= COARSEST:
        scales.append(scales[-1] / STEP)
    return scales


def _are_small(spots: Spots, shape: tuple[int, ...]) -> bool:
    """Whether most digits of a picture are so small that they are better seen from nearer by."""
    if max(shape) <= SMALL:
        return True
    sizes = sizes_of(spots.boxes[spots.scores.max(axis=1, initial=-np.inf) > 0])
    return len(sizes) > 0 and quantile(sizes, 0.5) < FINE


def _resized(seen: NDArray[np.uint8], shape: tuple[int, ...], scale: float) -> NDArray[np.uint8]:
    """What is seen of a picture of that shape, at another scale, 1 being that of the picture."""
    size = [max(1, round(side * scale)) for side in shape[::-1]]
    method = cv2.INTER_AREA if size[0] < seen.shape[1] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(seen, size, interpolation=method), np.uint8)


def _spots(finder: Finder, seen: NDArray[np.uint8], shape: tuple[int, ...]) -> Spots:
    """The spots of a picture of that shape, seen at some scale."""
    spots = finder.find(contrast(seen, GRAIN))
    stretch = np.tile(np.array(shape[::-1]) / seen.shape[::-1], 2).astype(np.float32)
    return Spots(spots.boxes * stretch, spots.scores)
