"""Changes that paper, light and other people's lines make to a tile, on whole batches.

Tiles are (N, 28, 28) float32 in [0, 1], 1 = ink. Relatives of corruptions of MNIST-C (Mu and
Gilmer 2019): `shade` of brightness and fog, `draw_lines` of dotted line and zigzag, `invert_side`
of stripe, `add_dust` of impulse noise, `augment.outline` of canny edges. None of those is
implemented here or learned from.
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


def shade(tiles: Tensor, share: float, seed: Any) -> Tensor:
    """Put a share of the digits on paper that is no white: tinted, shaded, stained, overexposed.

    Ink keeps a quarter to all of its contrast; what would be darker than ink is cut off.
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
    seen = ops.clip(ops.clip(paper, 0, 1) + contrast * tiles, 0, 1)
    return ops.where(coin(count, share, seed), seen, tiles)


@cache
def _field(knots: int) -> NDArray[np.float32]:
    """(28, knots): how much each knot of a line counts at each pixel; smooth, rows sum to 1."""
    pixels = (np.arange(TILE) + 0.5) / TILE * (knots - 1)
    bell = np.exp(-0.5 * ((pixels[:, None] - np.arange(knots)) / 0.6) ** 2)
    return np.asarray(bell / bell.sum(axis=1, keepdims=True), np.float32)


def draw_lines(tiles: Tensor, share: float, seed: Any) -> Tensor:
    """Draw a thin line over a share of the digits: straight or waved, whole or in dashes.

    As rules of forms, underlines, strokes of neighbours and security printing do.
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
    line = line * between(0.3, 1.0) * ops.cast(coin(count, share, seed), "float32")
    return ops.maximum(tiles, line)


def invert_side(tiles: Tensor, share: float, seed: Any) -> Tensor:
    """Swap ink and paper on one side of a line, as where a digit runs into a printed bar."""
    count = ops.shape(tiles)[0]
    _, across = _turned_grid(count, seed)
    side = ops.clip(across - random.uniform((count, 1, 1), 0, 8, seed=seed) + 0.5, 0, 1)
    swapped = tiles + side * (1 - 2 * tiles)
    return ops.where(coin(count, share, seed), swapped, tiles)


def add_dust(tiles: Tensor, share: float, seed: Any) -> Tensor:
    """Strew specks of any grey over a share of the digits, on up to a fifth of their pixels."""
    count = ops.shape(tiles)[0]
    density = random.uniform((count, 1, 1), 0, 0.2, seed=seed)
    density = density * ops.cast(coin(count, share, seed), "float32")
    specks = random.uniform((count, TILE, TILE), seed=seed) < density
    return ops.where(specks, random.uniform((count, TILE, TILE), seed=seed), tiles)


def coin(count: Tensor, share: float, seed: Any) -> Tensor:
    """(N, 1, 1) bool, true for a random share."""
    return random.uniform((count, 1, 1), seed=seed) < share


def _turned_grid(count: Tensor, seed: Any) -> tuple[Tensor, Tensor]:
    """(N, 28, 28) each: pixels along and across a line that passes near the middle at any angle."""
    angle = random.uniform((count, 1, 1), 0, 2 * np.pi, seed=seed)
    off = random.uniform((count, 1, 1), -12, 12, seed=seed)
    line = ops.arange(TILE, dtype="float32") - (TILE - 1) / 2
    x, y = line[None, None, :], line[None, :, None]
    return ops.cos(angle) * x + ops.sin(angle) * y, ops.cos(angle) * y - ops.sin(angle) * x - off
