"""Changes that handwriting, pens, scanners and cameras make to a digit, on whole batches.

Written with keras.ops and keras.random alone, so that they run on every backend and inside the
compiled training step. Tiles are (N, 28, 28) float32 in [0, 1], 1 = ink.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import keras
import numpy as np
from keras import ops, random
from numpy.typing import NDArray

from digits.model.spec import TILE
from digits.training.augment.paper import add_dust, coin, draw_lines, invert_side, shade
from digits.training.recipe import Augmentation

Tensor = Any  # a tensor of whichever backend Keras runs on
GOLDEN = 0.618034  # multiples of the golden ratio fill [0, 1) evenly from the first on
KNOTS = 5  # the elastic field is given by 5 × 5 displacements
LOW_RESOLUTIONS = (8, 10, 12, 16)  # sides in pixels from which a tile is enlarged again
BLURS = (0.6, 1.0, 1.5)  # standard deviations in pixels


class Augment(keras.layers.Layer):
    """Training digits, each changed at random; outside of training, the digits as they are."""

    def __init__(self, augmentation: Augmentation, seed: int) -> None:
        super().__init__(name="augment")
        self.augmentation = augmentation
        self.random = random.SeedGenerator(seed)
        self.share = self.add_weight(shape=(), initializer="ones", trainable=False, name="share")

    def call(self, tiles: Tensor, training: bool = False) -> Tensor:
        """tiles: (N, 28, 28) uint8 or float32 in [0, 255] → float32 in [0, 1]."""
        tiles = ops.cast(tiles, "float32") / 255
        if not training or self.augmentation == Augmentation():
            return tiles
        return ops.where(self._chosen(tiles), self._change(tiles), tiles)

    def _chosen(self, tiles: Tensor) -> Tensor:
        """(N, 1, 1) bool: the share to change, spread over a batch whose order is random."""
        places = ops.arange(ops.shape(tiles)[0], dtype="float32")[:, None, None]
        return (places * GOLDEN) % 1 < self.share

    def _change(self, tiles: Tensor) -> Tensor:
        much, seed = self.augmentation, self.random
        tiles = warp(tiles, much, seed)
        if much.stroke:
            tiles = change_stroke(tiles, much.stroke, seed)
        if much.outline:
            tiles = outline(tiles, much.outline, seed)
        if much.size > TILE:
            pooled = ops.average_pool(tiles[..., None], much.size // TILE)
            tiles = pooled[..., 0]
        for change, amount in (
            (occlude, much.occlusion),
            (draw_lines, much.lines),
            (lose_resolution, much.blur),
            (change_contrast, much.contrast),
            (add_noise, much.noise),
            (binarise, much.binary),
            (shade, much.paper),
            (invert_side, much.inverse),
            (add_dust, much.dust),
        ):
            if amount:
                tiles = change(tiles, amount, seed)
        return tiles


def warp(tiles: Tensor, much: Augmentation, seed: Any) -> Tensor:
    """Rotate, scale, shear, shift and distort elastically, onto a grid of `much.size` pixels.

    Affine and elastic change are both linear in a fixed basis, so that one product gives all
    sampling points. Elastic distortion: Simard, Steinkraus, Platt 2003.
    """
    count = ops.shape(tiles)[0]
    # whole groups, the last one filled up with the first tiles
    whole = ops.concatenate([tiles, tiles[: (-count) % much.alike]])
    maps = ops.shape(whole)[0] // much.alike
    parts = [_affine(maps, much, seed)]
    if much.elastic:
        field = random.normal((maps, 2, KNOTS * KNOTS), stddev=2 * much.elastic, seed=seed)
        parts.append(field)
    basis = _basis(much.size, bool(much.elastic))
    return _sample(whole, ops.matmul(ops.concatenate(parts, axis=2), basis), much)[:count]


def _affine(count: Tensor, much: Augmentation, seed: Any) -> Tensor:
    """(N, 2, 3) random affine maps in coordinates from -1 to 1; rows x and y."""

    def spread(limit: float) -> Tensor:
        return random.uniform((count,), -limit, limit, seed=seed)

    angle = spread(float(np.radians(much.rotation)))
    width, height = (ops.exp(spread(float(np.log1p(much.scale)))) for _ in range(2))
    shear = spread(much.shear)
    cosine, sine = ops.cos(angle), ops.sin(angle)
    along_x = [width * cosine, width * (shear * cosine - sine), spread(2 * much.shift)]
    along_y = [height * sine, height * (shear * sine + cosine), spread(2 * much.shift)]
    return ops.stack([ops.stack(along_x, axis=1), ops.stack(along_y, axis=1)], axis=1)


@cache
def _basis(size: int, elastic: bool) -> NDArray[np.float32]:
    """(3 or 28, size²): x, y, 1 and, for elastic fields, the weight of each knot at each pixel."""
    line = (np.arange(size) + 0.5) * 2 / size - 1
    y, x = (axis.ravel() for axis in np.meshgrid(line, line, indexing="ij"))
    rows = [x, y, np.ones_like(x)]
    if elastic:
        knots = np.linspace(-1, 1, KNOTS)
        # a bell per knot, wide enough that neighbours overlap: a smooth field
        bells = np.exp(-0.5 * ((line[None] - knots[:, None]) / (knots[1] - knots[0]) / 0.7) ** 2)
        rows += list(np.einsum("iy,jx->ijyx", bells, bells).reshape(KNOTS * KNOTS, -1))
    return np.stack(rows).astype(np.float32)


def _sample(tiles: Tensor, points: Tensor, much: Augmentation) -> Tensor:
    """Bilinear samples of tiles (N, 28, 28) at points (M, 2, size²); paper beyond the rim.

    Every `much.alike` tiles that follow each other share their points, M = N / alike: their
    pixels lie side by side, so that one index brings all of them.
    """
    side, alike = TILE + 2, much.alike
    padded = ops.pad(tiles, ((0, 0), (1, 1), (1, 1)))
    grouped = ops.transpose(ops.reshape(padded, (-1, alike, side**2)), (0, 2, 1))
    pixels = ops.reshape(grouped, (-1, alike))
    at = ops.clip((points + 1) * (TILE / 2) + 0.5, 0, side - 1.001)
    whole = ops.floor(at)
    part = (at - whole)[..., None]
    whole = ops.cast(whole, "int32")
    starts = ops.arange(ops.shape(points)[0], dtype="int32")[:, None] * side**2
    first = whole[:, 1] * side + whole[:, 0] + starts
    right, down = part[:, 0], part[:, 1]
    upper = ops.take(pixels, first, 0) * (1 - right) + ops.take(pixels, first + 1, 0) * right
    first = first + side
    lower = ops.take(pixels, first, 0) * (1 - right) + ops.take(pixels, first + 1, 0) * right
    sampled = ops.transpose(upper * (1 - down) + lower * down, (0, 2, 1))
    return ops.reshape(sampled, (-1, much.size, much.size))


def change_stroke(tiles: Tensor, share: float, seed: Any) -> Tensor:
    """Draw a share of the digits with a thicker pen, as many with a thinner one.

    tiles: (N, S, S) with S above 28, so that steps are finer than a pixel of the tile. Which
    digits come first in a batch is random already: the first ones grow, the last ones shrink.
    """
    count = ops.shape(tiles)[0]
    some = ops.cast(share * ops.cast(count, "float32"), "int32")
    thicker, same, thinner = tiles[:some], tiles[some : count - some], tiles[count - some :]
    grown = _between(thicker, _spread_ink(thicker), _spread_ink(_spread_ink(thicker)), seed)
    paper = 1 - thinner
    # a thinner line may fade, never vanish: only two thirds of the way
    shrunk = 1 - _between(paper, _spread_ink(paper), _spread_ink(_spread_ink(paper)), seed, 1.3)
    return ops.concatenate([grown, same, shrunk], axis=0)


def _between(zero: Tensor, one: Tensor, two: Tensor, seed: Any, most: float = 2.0) -> Tensor:
    """Each tile at a random point of the way from `zero` over `one` to `two`."""
    way = random.uniform((ops.shape(zero)[0], 1, 1), 0, most, seed=seed)
    return zero + ops.minimum(way, 1) * (one - zero) + ops.maximum(way - 1, 0) * (two - one)


def _spread_ink(tiles: Tensor) -> Tensor:
    """Greatest value of each pixel's 3×3 neighbourhood."""
    padded = ops.pad(tiles, ((0, 0), (1, 1), (1, 1)))
    rows = ops.maximum(ops.maximum(padded[:, :-2], padded[:, 1:-1]), padded[:, 2:])
    return ops.maximum(ops.maximum(rows[..., :-2], rows[..., 1:-1]), rows[..., 2:])


def outline(tiles: Tensor, share: float, seed: Any) -> Tensor:
    """Leave only the rim of the strokes of a share of the digits, as of hollow or embossed ones."""
    count = ops.shape(tiles)[0]
    rim = ops.clip(1.5 * (_spread_ink(tiles) - tiles), 0, 1)
    return ops.where(coin(count, share, seed), rim, tiles)


def occlude(tiles: Tensor, share: float, seed: Any) -> Tensor:
    """Lay a thin bar of ink or of paper across a share of the digits, at any place."""
    count = ops.shape(tiles)[0]
    line = ops.arange(TILE, dtype="float32")

    def stretch(longest: float) -> Tensor:
        middle = random.uniform((count, 1), 0, TILE, seed=seed)
        half = random.uniform((count, 1), 0.5, longest / 2, seed=seed)
        return ops.cast(ops.abs(line - middle) < half, "float32")

    wide, narrow = stretch(16), stretch(4)
    lying = ops.cast(coin(count, 0.5, seed), "float32")
    rows = lying * narrow[:, :, None] + (1 - lying) * wide[:, :, None]
    columns = lying * wide[:, None, :] + (1 - lying) * narrow[:, None, :]
    bar = rows * columns * ops.cast(coin(count, share, seed), "float32")
    ink = random.uniform((count, 1, 1), 0, 1, seed=seed) * ops.cast(
        coin(count, 0.5, seed), "float32"
    )
    return tiles * (1 - bar) + bar * ink


def lose_resolution(tiles: Tensor, share: float, seed: Any) -> Tensor:
    """Show a share of the digits blurred, or as if scanned with few pixels.

    Blurring, shrinking and enlarging are linear: each is one 28×28 matrix for an axis. Half of
    those digits suffer alike on both axes, the others as they do from motion or from a fax.
    """
    bank = ops.convert_to_tensor(_resolution_bank())
    count = ops.shape(tiles)[0]
    which = random.randint((2, count), 1, bank.shape[0], seed=seed)
    which = ops.where(coin(count, share, seed)[:, 0, 0], which, 0)
    rows = ops.take(bank, which[0], axis=0)
    alike = coin(count, 0.5, seed)[:, 0, 0]
    columns = ops.take(bank, ops.where(alike, which[0], which[1]), axis=0)
    return ops.matmul(ops.matmul(rows, tiles), ops.transpose(columns, (0, 2, 1)))


@cache
def _resolution_bank() -> NDArray[np.float32]:
    """(1 + blurs + resolutions, 28, 28) float32; the first leaves a tile as it is."""
    pixels = np.arange(TILE) + 0.5
    bank = [np.eye(TILE)]
    for sigma in BLURS:
        bell = np.exp(-0.5 * ((pixels[:, None] - pixels[None]) / sigma) ** 2)
        bank.append(bell / bell.sum(axis=1, keepdims=True))
    for side in LOW_RESOLUTIONS:
        edges = np.arange(side + 1) * TILE / side
        covered = np.minimum(edges[1:, None], np.arange(1, TILE + 1)[None])
        shrink = np.clip(covered - np.maximum(edges[:-1, None], np.arange(TILE)[None]), 0, 1)
        shrink *= side / TILE
        centres = (np.arange(side) + 0.5) * TILE / side
        away = np.abs(np.clip(pixels, centres[0], centres[-1])[:, None] - centres[None])
        enlarge = np.clip(1 - away * side / TILE, 0, 1)
        bank.append(enlarge @ shrink)
    return np.stack(bank).astype(np.float32)


def change_contrast(tiles: Tensor, most: float, seed: Any) -> Tensor:
    """Darken or lighten half-tones by a random gamma, and fade the ink by up to a third."""
    count = ops.shape(tiles)[0]
    limit = float(np.log1p(most))
    gamma = ops.exp(random.uniform((count, 1, 1), -limit, limit, seed=seed))
    gain = random.uniform((count, 1, 1), 0.67, 1.15, seed=seed)
    return ops.clip(gain * ops.power(ops.clip(tiles, 1e-4, 1), gamma), 0, 1)


def add_noise(tiles: Tensor, most: float, seed: Any) -> Tensor:
    """Add grain of a random strength, mostly weak, up to a standard deviation of `most`."""
    count = ops.shape(tiles)[0]
    strength = most * random.uniform((count, 1, 1), 0, 1, seed=seed) ** 3
    grain = random.normal((count, TILE, TILE), seed=seed)
    return ops.clip(tiles + strength * grain, 0, 1)


def binarise(tiles: Tensor, share: float, seed: Any) -> Tensor:
    """Cut a share of the digits to pure ink and paper, as fax machines and many scans do."""
    count = ops.shape(tiles)[0]
    threshold = random.uniform((count, 1, 1), 0.25, 0.6, seed=seed)
    darkest = ops.max(tiles, axis=(1, 2), keepdims=True)  # pale ink is cut at a paler level
    cut = ops.cast(tiles > threshold * darkest, "float32")
    return ops.where(coin(count, share, seed), cut, tiles)
