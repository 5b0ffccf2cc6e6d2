"""The same tile seen a little differently, for a second look at what is doubted."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from digits.model.spec import TILE

TURN = 7.0  # degrees
STRETCH = 1.12
SLANT = 0.15  # horizontal, as a tangent


def views(tiles: NDArray[np.float32]) -> NDArray[np.float32]:
    """(13, N, 28, 28) float32: the tiles as they are, turned, stretched, slanted and shifted.

    tiles: (N, 28, 28) float32. Another hand, pen or cut could have made any of the views, so what a
    network says of all of them is worth more than what it says of one (test-time augmentation;
    Ciresan et al. 2012, "Multi-column Deep Neural Networks", averaged over widths).
    """
    seen = np.empty((1 + len(_maps()), *tiles.shape), np.float32)
    seen[0] = tiles
    for view, each in zip(seen[1:], _maps(), strict=True):
        for changed, tile in zip(view, tiles, strict=True):
            cv2.warpAffine(tile, each, (TILE, TILE), dst=changed)
    return seen


@cache
def _maps() -> list[NDArray[np.float64]]:
    """2×3 affine maps about the middle of a tile."""
    turn = np.radians(TURN)
    turns = [
        [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]] for angle in (-turn, turn)
    ]
    stretches = [[[1, 0], [0, by]] for by in (1 / STRETCH, STRETCH)]
    stretches += [[[by, 0], [0, 1]] for by in (1 / STRETCH, STRETCH)]
    slants = [[[1, by], [0, 1]] for by in (-SLANT, SLANT)]
    shifts = [(-1, 0), (1, 0), (0, -1), (0, 1)]
    middle = np.full(2, (TILE - 1) / 2)
    matrices = [np.array(each, float) for each in turns + stretches + slants]
    maps = [np.c_[matrix, middle - matrix @ middle] for matrix in matrices]
    return maps + [np.c_[np.eye(2), shift] for shift in shifts]
