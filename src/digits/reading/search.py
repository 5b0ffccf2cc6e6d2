"""Picture → every place where a digit may be, small or large."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from digits.model.finder import Finder, Spots, without_parts
from digits.reading.contrast import contrast

FINEST = 1600  # pixels, the longest side at which a picture is looked at
ENLARGED = 1200  # a smaller one is enlarged to this …
MOST = 2.0  # … but not by more
STEP = 2.5  # from one scale to the next; a finder stands digits of five sizes and more
COARSEST = 24  # pixels, the longest side at which the last look is taken, or a little more


def search(finder: Finder, grey: NDArray[np.uint8]) -> Spots:
    """Where digits may be in a picture (H, W) uint8, each place once, the surest first; boxes in
    pixels of the picture."""
    found = [_at_scale(finder, grey, scale) for scale in _scales(max(grey.shape))]
    boxes, scores = (
        np.concatenate([getattr(spots, part) for spots in found]) for part in ("boxes", "scores")
    )
    order = np.argsort(-scores.max(axis=1), kind="stable")
    return without_parts(Spots(boxes[order], scores[order]))


def _scales(longest: int) -> list[float]:
    """From the finest to the coarsest, 1 being that of the picture."""
    if longest >= ENLARGED / MOST:
        scale = ENLARGED / longest if longest < ENLARGED else min(1.0, FINEST / longest)
    else:
        scale = MOST
    scales = [scale]
    while longest * scales[-1] / STEP >= COARSEST:
        scales.append(scales[-1] / STEP)
    return scales


def _at_scale(finder: Finder, grey: NDArray[np.uint8], scale: float) -> Spots:
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    size = [max(1, round(side * scale)) for side in grey.shape[::-1]]
    seen = np.asarray(cv2.resize(grey, size, interpolation=method), np.uint8)
    spots = finder.find(contrast(seen))
    stretch = np.tile(np.array(grey.shape[::-1]) / size, 2).astype(np.float32)
    return Spots(spots.boxes * stretch, spots.scores)
