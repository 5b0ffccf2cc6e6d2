"""Ten corruptions of tiles for measuring robustness.

None of them is part of the augmentation in training, and none is one of MNIST-C's corruptions (Mu
and Gilmer 2019, arXiv 1906.02337), which stay an independent test. Tiles are (N, 28, 28) float32
in [0, 1], 1 = ink; every function leaves its argument as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from digits.model.spec import TILE

Tiles = NDArray[np.float32]
Random = np.random.Generator

_y, _x = (np.ascontiguousarray(axis, np.float32) for axis in np.mgrid[:TILE, :TILE])
BAYER = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]]) / 16 + 1 / 32


def corrupted(tiles: NDArray[np.uint8], kind: str, seed: int = 0) -> NDArray[np.uint8]:
    """(N, 28, 28) uint8: the tiles after the corruption of that name; a function of `seed`."""
    ink = tiles.astype(np.float32) / np.float32(255)
    damaged = CORRUPTIONS[kind](ink, np.random.default_rng(seed))
    return np.rint(np.clip(damaged, 0, 1) * 255).astype(np.uint8)


def perspective(tiles: Tiles, rng: Random) -> Tiles:
    """Perspective: each corner moves by up to 5 pixels."""
    corners = np.array([[0, 0], [27, 0], [27, 27], [0, 27]], np.float32)
    moved = corners + rng.uniform(-5, 5, (len(tiles), 4, 2)).astype(np.float32)
    return np.stack(
        [
            cv2.warpPerspective(tile, cv2.getPerspectiveTransform(corners, to), (TILE, TILE))
            for tile, to in zip(tiles, moved, strict=True)
        ]
    )


def waves(tiles: Tiles, rng: Random) -> Tiles:
    """Paper that buckled: rows swing sideways by up to 2 pixels, in one to two waves."""
    height, count, phase = _each(rng, tiles, (1, 2), (1, 2), (0, 2 * np.pi))
    shifts = height * np.sin(2 * np.pi * count * _y / TILE + phase)
    return np.stack(
        [
            cv2.remap(tile, _x + shift.astype(np.float32), _y, cv2.INTER_LINEAR)
            for tile, shift in zip(tiles, shifts, strict=True)
        ]
    )


def skips(tiles: Tiles, rng: Random) -> Tiles:
    """A pen that runs dry: bands of 1.5 pixels without ink, 6 to 8 pixels apart."""
    angle, pitch, start = _each(rng, tiles, (0, np.pi), (6, 8), (0, 8))
    along = _x * np.cos(angle) + _y * np.sin(angle) + start
    return np.asarray(tiles * ((along % pitch) > 1.5), np.float32)


def bleeding(tiles: Tiles, rng: Random) -> Tiles:
    """Ink that spreads in wet paper, to all sides and unevenly."""
    blurred = [cv2.GaussianBlur(tile, (0, 0), 1.3) for tile in tiles]
    uneven = cv2.GaussianBlur(rng.random(tiles.shape[1:], np.float32), (0, 0), 1.5)
    wet = np.stack(blurred) * (1 + 12 * (uneven - uneven.mean() + 0.1))
    return np.asarray(np.clip(wet, 0, 1), np.float32)


def squared_paper(tiles: Tiles, rng: Random) -> Tiles:
    """Ruled lines of a third to a half of full ink, 7 to 10 pixels apart both ways."""
    pitch, right, down, ink = _each(rng, tiles, (7, 10), (0, 10), (0, 10), (0.33, 0.5))
    lines = (((_x + right) % pitch) < 1) | (((_y + down) % pitch) < 1)
    return np.maximum(tiles, (lines * ink).astype(np.float32))


def neighbours(tiles: Tiles, rng: Random) -> Tiles:
    """The edge of another digit at the left or right."""
    others = tiles[rng.permutation(len(tiles))]
    left = np.roll(others, -20, axis=2) * (_x < 8)
    right = np.roll(others, 20, axis=2) * (_x > 19)
    side = rng.random((len(tiles), 1, 1)) < 0.5
    return np.maximum(tiles, np.where(side, left, right))


def stain(tiles: Tiles, rng: Random) -> Tiles:
    """A drop of coffee: a soft disc of 30 to 50 % ink with a darker rim."""
    x, y, radius, ink = _each(rng, tiles, (4, 24), (4, 24), (5, 10), (0.3, 0.5))
    away = np.hypot(_x - x, _y - y) - radius
    drop = 1 / (1 + np.exp(2 * away)) * 0.6 + 0.4 * np.exp(-(away**2))
    return np.maximum(tiles, (ink * drop).astype(np.float32))


def halftone(tiles: Tiles, rng: Random) -> Tiles:
    """Printed in dots: a faded digit, dithered with a 4×4 matrix (Bayer 1973)."""
    (strength,) = _each(rng, tiles, (0.5, 0.9))
    screen = np.tile(BAYER, (TILE // 4, TILE // 4))
    return np.asarray(strength * tiles > screen, np.float32)


def jpeg(tiles: Tiles, rng: Random) -> Tiles:
    """Compressed as JPEG at quality 3 to 8."""
    damaged = []
    for tile, quality in zip(tiles, rng.integers(3, 9, len(tiles)), strict=True):
        grey = np.rint(tile * 255).astype(np.uint8)
        _, content = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, int(quality)])
        damaged.append(np.asarray(cv2.imdecode(content, cv2.IMREAD_GRAYSCALE), np.float32))
    return np.stack(damaged) / np.float32(255)


def scratches(tiles: Tiles, rng: Random) -> Tiles:
    """Two to four hairlines scraped through the ink, in any direction."""
    damaged = tiles
    for probability in (1, 1, 0.5, 0.5):
        angle, offset, hit = _each(rng, tiles, (0, np.pi), (-7, 7), (0, 1))
        away = (_x - 13.5) * np.cos(angle) + (_y - 13.5) * np.sin(angle) - offset
        damaged = damaged * ~((np.abs(away) < 0.8) & (hit < probability))
    return np.asarray(damaged, np.float32)


def _each(
    rng: Random, tiles: Tiles, *ranges: tuple[float, float]
) -> tuple[NDArray[np.float64], ...]:
    """For each range, a random number per tile, (N, 1, 1)."""
    return tuple(rng.uniform(low, high, (len(tiles), 1, 1)) for low, high in ranges)


CORRUPTIONS: Mapping[str, Callable[[Tiles, Random], Tiles]] = {
    each.__name__.replace("_", " "): each
    for each in (
        perspective, waves, skips, bleeding, squared_paper, neighbours, stain, halftone, jpeg,
        scratches,
    )
}  # fmt: skip
"""The corruptions by name."""
