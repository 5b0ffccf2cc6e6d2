"""Augmentation of batches of tiles: handwriting, pens, scanners and cameras.

Written with keras.ops and keras.random alone, so that it runs on every backend and inside the
compiled training step. Tiles are (N, 28, 28) float32 in [0, 1], 1 = ink. Fractions are of the tiles
of a batch.
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
GOLDEN = 0.618034  # multiples of the golden ratio, modulo 1, are spread evenly over [0, 1)
KNOTS = 5  # the elastic field interpolates 5 × 5 displacements
LOW_RESOLUTIONS = (8, 10, 12, 16)  # sides in pixels to which a tile is reduced and enlarged again
BLURS = (0.6, 1.0, 1.5)  # standard deviations in pixels


class Augment(keras.layers.Layer):
    """Random changes of tiles in training; outside of training only the conversion to float.

    The weight `fraction` is the fraction of tiles that are changed (`CleanSchedule` sets it).
    """

    def __init__(self, augmentation: Augmentation, seed: int) -> None:
        super().__init__(name="augment")
        self.augmentation = augmentation
        self.random = random.SeedGenerator(seed)
        self.fraction = self.add_weight(
            shape=(), initializer="ones", trainable=False, name="fraction"
        )

    def call(self, tiles: Tensor, training: bool = False) -> Tensor:
        """tiles: (N, 28, 28) uint8 or float32 in [0, 255] → float32 in [0, 1]."""
        tiles = ops.cast(tiles, "float32") / 255
        if not training or self.augmentation == Augmentation():
            return tiles
        return ops.where(self._chosen(tiles), self._change(tiles), tiles)

    def _chosen(self, tiles: Tensor) -> Tensor:
        """(N, 1, 1) bool: the tiles to change, spread evenly over the shuffled batch."""
        index = ops.arange(ops.shape(tiles)[0], dtype="float32")[:, None, None]
        return (index * GOLDEN) % 1 < self.fraction

    def _change(self, tiles: Tensor) -> Tensor:
        settings, seed = self.augmentation, self.random
        tiles = warp(tiles, settings, seed)
        if settings.stroke:
            tiles = change_stroke(tiles, settings.stroke, seed)
        if settings.outline:
            tiles = outline(tiles, settings.outline, seed)
        if settings.size > TILE:
            pooled = ops.average_pool(tiles[..., None], settings.size // TILE)
            tiles = pooled[..., 0]
        for change, amount in (
            (occlude, settings.occlusion),
            (draw_lines, settings.lines),
            (lose_resolution, settings.blur),
            (change_contrast, settings.contrast),
            (add_noise, settings.noise),
            (binarise, settings.binary),
            (shade, settings.paper),
            (invert_side, settings.inverse),
            (add_dust, settings.dust),
        ):
            if amount:
                tiles = change(tiles, amount, seed)
        return tiles


def warp(tiles: Tensor, settings: Augmentation, seed: Any) -> Tensor:
    """Rotate, scale, shear, shift and distort elastically, on a grid of `settings.size` pixels.

    Affine and elastic maps are linear in a fixed basis, so that one product gives all sampling
    points. Elastic distortion: Simard et al. 2003, DOI 10.1109/ICDAR.2003.1227801.
    """
    count = ops.shape(tiles)[0]
    # the last group is filled up with the first tiles
    whole = ops.concatenate([tiles, tiles[: (-count) % settings.group_size]])
    maps = ops.shape(whole)[0] // settings.group_size
    parts = [_affine(maps, settings, seed)]
    if settings.elastic:
        field = random.normal((maps, 2, KNOTS * KNOTS), stddev=2 * settings.elastic, seed=seed)
        parts.append(field)
    basis = _basis(settings.size, bool(settings.elastic))
    return _sample(whole, ops.matmul(ops.concatenate(parts, axis=2), basis), settings)[:count]


def _affine(count: Tensor, settings: Augmentation, seed: Any) -> Tensor:
    """(N, 2, 3) random affine maps in coordinates from -1 to 1; rows x and y."""

    def spread(limit: float) -> Tensor:
        return random.uniform((count,), -limit, limit, seed=seed)

    angle = spread(float(np.radians(settings.rotation)))
    width, height = (ops.exp(spread(float(np.log1p(settings.scale)))) for _ in range(2))
    shear = spread(settings.shear)
    cosine, sine = ops.cos(angle), ops.sin(angle)
    along_x = [width * cosine, width * (shear * cosine - sine), spread(2 * settings.shift)]
    along_y = [height * sine, height * (shear * sine + cosine), spread(2 * settings.shift)]
    return ops.stack([ops.stack(along_x, axis=1), ops.stack(along_y, axis=1)], axis=1)


@cache
def _basis(size: int, elastic: bool) -> NDArray[np.float32]:
    """(3 or 28, size²) float32: x, y, 1 and, for elastic fields, each knot's weight per pixel."""
    line = (np.arange(size) + 0.5) * 2 / size - 1
    y, x = (axis.ravel() for axis in np.meshgrid(line, line, indexing="ij"))
    rows = [x, y, np.ones_like(x)]
    if elastic:
        knots = np.linspace(-1, 1, KNOTS)
        # one Gaussian per knot, wide enough to overlap: a smooth field
        bells = np.exp(-0.5 * ((line[None] - knots[:, None]) / (knots[1] - knots[0]) / 0.7) ** 2)
        rows += list(np.einsum("iy,jx->ijyx", bells, bells).reshape(KNOTS * KNOTS, -1))
    return np.stack(rows).astype(np.float32)


def _sample(tiles: Tensor, points: Tensor, settings: Augmentation) -> Tensor:
    """Bilinear samples of tiles (N, 28, 28) at points (M, 2, size²); 0 beyond the border.

    Every `settings.group_size` consecutive tiles share their points, M = N / group_size; their
    pixels are stored side by side, so that one index gathers all of them.
    """
    side, group_size = TILE + 2, settings.group_size
    padded = ops.pad(tiles, ((0, 0), (1, 1), (1, 1)))
    grouped = ops.transpose(ops.reshape(padded, (-1, group_size, side**2)), (0, 2, 1))
    pixels = ops.reshape(grouped, (-1, group_size))
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
    return ops.reshape(sampled, (-1, settings.size, settings.size))


def change_stroke(tiles: Tensor, fraction: float, seed: Any) -> Tensor:
    """Draw a fraction of the tiles with a thicker pen, and the same fraction with a thinner one.

    tiles: (N, S, S); with S above 28, steps are finer than a pixel of the tile. The order of a
    batch is random already: the first tiles grow, the last ones shrink.
    """
    count = ops.shape(tiles)[0]
    some = ops.cast(fraction * ops.cast(count, "float32"), "int32")
    thicker, same, thinner = tiles[:some], tiles[some : count - some], tiles[count - some :]
    grown = _between(thicker, _spread_ink(thicker), _spread_ink(_spread_ink(thicker)), seed)
    paper = 1 - thinner
    # only two thirds of the way, so that a thin line does not vanish
    shrunk = 1 - _between(paper, _spread_ink(paper), _spread_ink(_spread_ink(paper)), seed, 1.3)
    return ops.concatenate([grown, same, shrunk], axis=0)


def _between(zero: Tensor, one: Tensor, two: Tensor, seed: Any, maximum: float = 2.0) -> Tensor:
    """A random interpolation, per tile, between `zero`, `one` and `two`."""
    way = random.uniform((ops.shape(zero)[0], 1, 1), 0, maximum, seed=seed)
    return zero + ops.minimum(way, 1) * (one - zero) + ops.maximum(way - 1, 0) * (two - one)


def _spread_ink(tiles: Tensor) -> Tensor:
    """The maximum of each pixel's 3×3 neighbourhood."""
    padded = ops.pad(tiles, ((0, 0), (1, 1), (1, 1)))
    rows = ops.maximum(ops.maximum(padded[:, :-2], padded[:, 1:-1]), padded[:, 2:])
    return ops.maximum(ops.maximum(rows[..., :-2], rows[..., 1:-1]), rows[..., 2:])


def outline(tiles: Tensor, fraction: float, seed: Any) -> Tensor:
    """Reduce a fraction of the tiles to the outline of their strokes, as of hollow digits."""
    count = ops.shape(tiles)[0]
    edge = ops.clip(1.5 * (_spread_ink(tiles) - tiles), 0, 1)
    return ops.where(coin(count, fraction, seed), edge, tiles)


def occlude(tiles: Tensor, fraction: float, seed: Any) -> Tensor:
    """Lay a thin bar of ink or of paper across a fraction of the tiles."""
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
    bar = rows * columns * ops.cast(coin(count, fraction, seed), "float32")
    ink = random.uniform((count, 1, 1), 0, 1, seed=seed) * ops.cast(
        coin(count, 0.5, seed), "float32"
    )
    return tiles * (1 - bar) + bar * ink


def lose_resolution(tiles: Tensor, fraction: float, seed: Any) -> Tensor:
    """Blur a fraction of the tiles, or reduce their resolution.

    Blurring, shrinking and enlarging are linear: each is one 28×28 matrix per axis. Half of these
    tiles lose the same on both axes, the others as from motion blur or a fax.
    """
    bank = ops.convert_to_tensor(_resolution_bank())
    count = ops.shape(tiles)[0]
    which = random.randint((2, count), 1, bank.shape[0], seed=seed)
    which = ops.where(coin(count, fraction, seed)[:, 0, 0], which, 0)
    rows = ops.take(bank, which[0], axis=0)
    is_isotropic = coin(count, 0.5, seed)[:, 0, 0]
    columns = ops.take(bank, ops.where(is_isotropic, which[0], which[1]), axis=0)
    return ops.matmul(ops.matmul(rows, tiles), ops.transpose(columns, (0, 2, 1)))


@cache
def _resolution_bank() -> NDArray[np.float32]:
    """(1 + blurs + resolutions, 28, 28) float32; the first is the identity."""
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


def change_contrast(tiles: Tensor, maximum: float, seed: Any) -> Tensor:
    """Apply a random gamma, and a gain of 0.67 to 1.15.

    maximum: gamma is between 1/(1+maximum) and 1+maximum.
    """
    count = ops.shape(tiles)[0]
    limit = float(np.log1p(maximum))
    gamma = ops.exp(random.uniform((count, 1, 1), -limit, limit, seed=seed))
    gain = random.uniform((count, 1, 1), 0.67, 1.15, seed=seed)
    return ops.clip(gain * ops.power(ops.clip(tiles, 1e-4, 1), gamma), 0, 1)


def add_noise(tiles: Tensor, maximum: float, seed: Any) -> Tensor:
    """Add Gaussian noise of a random, mostly low standard deviation of up to `maximum`."""
    count = ops.shape(tiles)[0]
    strength = maximum * random.uniform((count, 1, 1), 0, 1, seed=seed) ** 3
    noise = random.normal((count, TILE, TILE), seed=seed)
    return ops.clip(tiles + strength * noise, 0, 1)


def binarise(tiles: Tensor, fraction: float, seed: Any) -> Tensor:
    """Threshold a fraction of the tiles to ink and paper, as fax machines and many scans do."""
    count = ops.shape(tiles)[0]
    threshold = random.uniform((count, 1, 1), 0.25, 0.6, seed=seed)
    darkest = ops.max(tiles, axis=(1, 2), keepdims=True)  # pale ink has a lower threshold
    binary = ops.cast(tiles > threshold * darkest, "float32")
    return ops.where(coin(count, fraction, seed), binary, tiles)
