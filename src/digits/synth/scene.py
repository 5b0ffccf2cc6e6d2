"""Layers of ink on paper → the light that a sheet reflects."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from digits.synth import paper
from digits.synth.sheet import Sheet
from digits.synth.sources import Sources
from digits.synth.writing import Ink, Random

Scene = NDArray[np.float32]  # (H, W, 3) red, green, blue in [0, 1]
MIN_CONTRAST = 0.25  # of the paper's light, that a pen absorbs
MAX_PATTERN = 0.7  # of the pen's contrast, that a pattern behind it has


def lit_sheet(sheet: Sheet, height: int, sources: Sources, rng: Random) -> Scene:
    """A sheet in even light: paper, what is printed on it, and the pen.

    height: of a digit in pixels, to which patterns are scaled.
    """
    size = sheet.size
    colour, strength = _pen(rng)
    contrast = strength * (1 - float(colour.mean()))
    scene = _blank(size, rng)
    if sheet.is_security_printed or rng.random() < 0.4:
        kinds = sources.patterns
        if sheet.is_security_printed:
            kinds = tuple(name for name in kinds if name in paper.FINE)
        pattern = paper.PATTERNS[str(rng.choice(kinds))]
        ink = pattern(size, height * rng.uniform(0.8, 3), rng)
        scene = inked(scene, ink, _any_colour(rng), rng.uniform(0.1, 1) * MAX_PATTERN * contrast)
    if rng.random() < 0.1:
        stain = paper.stain(size, rng)
        scene = inked(scene, stain, _any_colour(rng), rng.uniform(0.2, 1) * MAX_PATTERN * contrast)
    scene = inked(scene, sheet.print, _pen(rng)[0], rng.uniform(0.4, 1))
    pen = sheet.pen
    if strength < 0.75:  # a pencil skips over the grain of the paper
        rough = 1 + paper.grain(size, rng.uniform(0.1, 0.35), rng)
        pen = np.clip(pen * rough, 0, 255).astype(np.uint8)
    elif rng.random() < 0.15:  # ink runs dry
        flow = 1 - np.abs(paper.grain(size, rng.uniform(0.1, 0.4), rng))
        pen = np.clip(pen * flow, 0, 255).astype(np.uint8)
    return inked(scene, pen, colour, strength)


def inked(scene: Scene, ink: Ink, colour: NDArray[np.float32], strength: float) -> Scene:
    """A scene under ink of some colour, which absorbs a fraction of the light."""
    if not ink.any():
        return scene
    cover = np.arange(256, dtype=np.float32) * (strength / 255)
    left = 1 - cover[:, None] * (1 - colour)
    return scene * left[ink].astype(np.float32)


def _blank(size: tuple[int, int], rng: Random) -> Scene:
    """White or tinted paper, smooth or with a grain."""
    tint = 1 - rng.uniform(0, 0.35, 3) * rng.random() if rng.random() < 0.6 else np.ones(3)
    ground = np.ones(size, np.float32)
    if rng.random() < 0.6:
        ground += paper.grain(size, math.exp(rng.uniform(-6, -3.2)), rng)
    return np.asarray(ground[..., None] * tint, np.float32)


def _pen(rng: Random) -> tuple[NDArray[np.float32], float]:
    """Red, green and blue that a pen reflects, and its strength: ballpoint, felt or fountain pen, a
    third of them pencils."""
    while True:
        strength = rng.uniform(0.3, 0.75) if rng.random() < 0.3 else rng.uniform(0.75, 1)
        kind = rng.random()
        if kind < 0.55:
            colour = (rng.uniform(0, 0.35) + rng.uniform(0, 0.05, 3)).astype(np.float32)
        elif kind < 0.8:
            colour = rng.uniform((0, 0.1, 0.4), (0.3, 0.4, 0.9)).astype(np.float32)
        else:
            colour = _any_colour(rng)
        if strength * (1 - colour.mean()) >= MIN_CONTRAST:
            return colour, strength


def _any_colour(rng: Random) -> NDArray[np.float32]:
    colour = rng.uniform(0, 0.8, 3)
    colour[rng.integers(3)] = rng.uniform(0, 0.3)
    return colour.astype(np.float32)
