"""Augmentation of batches of tiles: paper, light and foreign lines.

Tiles are (N, 28, 28) float32 in [0, 1], 1 = ink. Fractions are of the tiles of a batch. Some
changes resemble corruptions of MNIST-C (Mu and Gilmer 2019, arXiv 1906.02337): `shade` brightness
and fog, `draw_lines` dotted line and zigzag, `invert_side` stripe, `add_dust` impulse noise,
`tiles.outline` canny edges. None of those is implemented here or trained on.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from keras import ops, random
from numpy.typing import NDArray

from digits.model.spec import TILE

Tensor = Any
KNOTS = (3, 6)  # light changes slowly, stains and folds faster: fields of 3 × 3 and 6 × 6 knots
MAX_OFFSET = 12.0  # pixels of a line from the middle of the tile


def shade(tiles: Tensor, fraction: float, seed: Any) -> Tensor:
    """Put a fraction of the tiles on tinted, shaded, stained or overexposed paper.

    Ink keeps a quarter to all of its contrast; results are clipped to [0, 1].
    """
    count = ops.shape(tiles)[0]
    level = random.uniform((count, 1, 1), 0, 0.7, seed=seed)
    paper = level * ops.cast(coin(count, 0.7, seed), "float32")
    for knots in KNOTS:
        strength = random.uniform((count, 1, 1), 0, 0.3, seed=seed)
        rows = ops.convert_to_tensor(_field(knots))
        field = random.normal((count, knots, knots), seed=seed)
        paper = paper + strength * ops.matmul(ops.matmul(rows, field), ops.transpose(rows))
    contrast = random.uniform((count, 1, 1), 0.25, 1, seed=seed)
    shaded = ops.clip(ops.clip(paper, 0, 1) + contrast * tiles, 0, 1)
    return ops.where(coin(count, fraction, seed), shaded, tiles)


@cache
def _field(knots: int) -> NDArray[np.float32]:
    """(28, knots) float32: the weight of each knot at each pixel of a row; rows sum to 1."""
    pixels = (np.arange(TILE) + 0.5) / TILE * (knots - 1)
    bell = np.exp(-0.5 * ((pixels[:, None] - np.arange(knots)) / 0.6) ** 2)
    return np.asarray(bell / bell.sum(axis=1, keepdims=True), np.float32)


def draw_lines(tiles: Tensor, fraction: float, seed: Any) -> Tensor:
    """Draw a thin line over a fraction of the tiles: straight or wavy, solid or dashed.

    Like rules of forms, underlines, strokes of neighbours and security printing.
    """
    count = ops.shape(tiles)[0]

    def between(low: float, high: float) -> Tensor:
        return random.uniform((count, 1, 1), low, high, seed=seed)

    along, across = _turned_grid(count, seed)
    wave = between(0, 4) * ops.cast(coin(count, 0.5, seed), "float32")
    bent = across + wave * ops.sin(along * between(0.2, 1.0) + between(0, 6.3))
    line = ops.clip(between(0.4, 1.3) + 0.5 - ops.abs(bent), 0, 1)
    gaps = ops.cast(ops.sin(along * between(0.5, 1.6)) > between(-1.0, 0.4), "float32")
    line = line * ops.where(coin(count, 0.3, seed), gaps, ops.ones_like(gaps))
    line = line * between(0.3, 1.0) * ops.cast(coin(count, fraction, seed), "float32")
    return ops.maximum(tiles, line)


def invert_side(tiles: Tensor, fraction: float, seed: Any) -> Tensor:
    """Swap ink and paper on one side of a random line, as in a printed bar."""
    count = ops.shape(tiles)[0]
    _, across = _turned_grid(count, seed)
    side = ops.clip(across - random.uniform((count, 1, 1), 0, 8, seed=seed) + 0.5, 0, 1)
    swapped = tiles + side * (1 - 2 * tiles)
    return ops.where(coin(count, fraction, seed), swapped, tiles)


def add_dust(tiles: Tensor, fraction: float, seed: Any) -> Tensor:
    """Set up to a fifth of the pixels of a fraction of the tiles to random grey levels."""
    count = ops.shape(tiles)[0]
    density = random.uniform((count, 1, 1), 0, 0.2, seed=seed)
    density = density * ops.cast(coin(count, fraction, seed), "float32")
    specks = random.uniform((count, TILE, TILE), seed=seed) < density
    return ops.where(specks, random.uniform((count, TILE, TILE), seed=seed), tiles)


def coin(count: Tensor, fraction: float, seed: Any) -> Tensor:
    """(N, 1, 1) bool, true for about this fraction."""
    return random.uniform((count, 1, 1), seed=seed) < fraction


def _turned_grid(count: Tensor, seed: Any) -> tuple[Tensor, Tensor]:
    """(N, 28, 28) each: coordinates along and across a random line near the middle, in pixels."""
    angle = random.uniform((count, 1, 1), 0, 2 * np.pi, seed=seed)
    off = random.uniform((count, 1, 1), -MAX_OFFSET, MAX_OFFSET, seed=seed)
    line = ops.arange(TILE, dtype="float32") - (TILE - 1) / 2
    x, y = line[None, None, :], line[None, :, None]
    return ops.cos(angle) * x + ops.sin(angle) * y, ops.cos(angle) * y - ops.sin(angle) * x - off
