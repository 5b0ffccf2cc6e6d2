"""Who writes, larger than MNIST's 28 pixels: single digits, signs and words.

A writer is drawn by the pen (`PenWriter`), one of MNIST's writers (`TileWriter`), a real person
(`StrokeHand`) or a typeface (`TypeWriter`); each of them writes single characters, of which
`written_number` makes numbers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from digits.synth.letters import Script
from digits.synth.pen import Hand, draw, spline

Ink = NDArray[np.uint8]  # (H, W), 0 paper, 255 ink
Points = NDArray[np.float32]  # (N, 2), x and y
Random = np.random.Generator

SIGNS: Mapping[str, Sequence[Sequence[tuple[float, float]]]] = {
    ".": [[(0, 0.97), (0.03, 1.0)]],
    ",": [[(0.14, 0.8), (0.14, 0.98), (0, 1.2)]],
    "'": [[(0.08, -0.1), (0, 0.2)]],
    ":": [[(0, 0.42), (0.02, 0.45)], [(0, 0.88), (0.02, 0.91)]],
    "-": [[(0, 0.55), (0.5, 0.53)]],
    "_": [[(0, 0.6), (0.8, 0.55), (1.4, 0.62)]],
    "+": [[(0, 0.55), (0.55, 0.54)], [(0.28, 0.27), (0.27, 0.83)]],
    "×": [[(0.02, 0.35), (0.45, 0.8)], [(0.44, 0.33), (0, 0.82)]],
    "÷": [[(0, 0.56), (0.55, 0.55)], [(0.27, 0.34), (0.29, 0.36)], [(0.27, 0.76), (0.29, 0.78)]],
    "=": [[(0, 0.42), (0.55, 0.4)], [(0, 0.66), (0.55, 0.65)]],
    "/": [[(0.75, -0.25), (0, 1.25)]],
    "(": [[(0.22, -0.1), (0, 0.5), (0.22, 1.1)]],
    ")": [[(0, -0.1), (0.22, 0.5), (0, 1.1)]],
    "~": [[(0, 0.58), (0.3, 0.48), (0.6, 0.62), (0.9, 0.48), (1.2, 0.6)]],
    "*": [
        [(0.2, 0.3), (0.2, 0.7)],
        [(0.03, 0.4), (0.37, 0.6)],
        [(0.03, 0.6), (0.37, 0.4)],
    ],
    "#": [
        [(0.22, 0.15), (0.12, 0.9)],
        [(0.48, 0.15), (0.38, 0.9)],
        [(0, 0.4), (0.62, 0.38)],
        [(0, 0.66), (0.58, 0.65)],
    ],
    "%": [
        [(0.6, 0.05), (0.05, 0.95)],
        [(0.15, 0.05), (0.02, 0.2), (0.15, 0.35), (0.28, 0.2), (0.15, 0.05)],
        [(0.52, 0.62), (0.4, 0.78), (0.52, 0.95), (0.66, 0.78), (0.52, 0.62)],
    ],
    "$": [
        [
            (0.45, 0.12),
            (0.2, 0.04),
            (0.05, 0.25),
            (0.25, 0.48),
            (0.45, 0.72),
            (0.25, 0.95),
            (0, 0.85),
        ],
        [(0.25, -0.12), (0.24, 1.12)],
    ],
    "€": [
        [(0.6, 0.12), (0.35, 0.02), (0.14, 0.5), (0.35, 0.98), (0.62, 0.88)],
        [(0, 0.4), (0.42, 0.38)],
        [(0, 0.58), (0.4, 0.56)],
    ],
}
"""Signs among digits, as curves in heights of a digit: y is 0 at its top, 1 on the line. The middle
one of 740 real commas is 0.42 high, that of 841 dashes 0.5 wide."""

SIZES = {",": 0.42, "'": 0.3, "-": 0.38, ".": 0.3}
"""Standard deviation of the logarithm of the size of signs, as in the pen strokes of UNIPEN: half
of the commas are 0.31 to 0.55 heights high. Other signs differ by a fifth at most."""

STEEL_RATE = 0.2  # fraction of pen writers with a steel nib, which spreads on downstrokes
OLD_SCHOOLS = {"continental": 0.4, "ornate": 0.6}
"""Probability of each school of such writers."""
DOTTED = {"2": (0,), "3": (0, -1), "5": (-1,), "9": (-1,)}
"""Strokes at whose start (0) or end (-1) such a pen may leave a dot."""


@dataclass(frozen=True, slots=True, eq=False)
class Glyph:
    """The ink of a character or word. top: pixels from the top of a digit down to that of this ink.
    text: what a word or line says, "" if that is not known."""

    ink: Ink
    top: int
    text: str = ""


class Writer(Protocol):
    """The protocol of writers of digits, signs and, in formulas, the letters x, y and z."""

    def write(self, character: str, height: int, rng: Random) -> Glyph:
        """The ink of a character, cut to its box; height: of a digit, in pixels."""


@dataclass(frozen=True, slots=True, eq=False)
class PenWriter:
    """A synthetic writer. nib: how much broader strokes down are than those up and across, in
    widths of the pen; that of a quill or a steel pen is about 1. dots: how often strokes of a 2, 3,
    5 or 9 begin or end in one, in [0, 1]."""

    hand: Hand
    script: Script
    nib: float
    dots: float

    @classmethod
    def sample(cls, rng: Random) -> PenWriter:
        """A random writer."""
        is_steel = rng.random() < STEEL_RATE
        script = Script.sample(rng)
        if not is_steel:
            return cls(Hand.sample(rng), script, 0.0, 0.0)
        hand = Hand.sample(rng, OLD_SCHOOLS)
        slant, narrow = rng.uniform(0, 0.6), rng.uniform(0.65, 1)
        hand = replace(hand, slant=slant, width=narrow * hand.width, pen=rng.uniform(0.06, 0.17))
        dots = rng.uniform(0.3, 0.9) if rng.random() < 0.5 else 0.0
        return cls(hand, script, rng.uniform(0.5, 2.5), dots)

    def write(self, character: str, height: int, rng: Random) -> Glyph:
        """See Writer."""
        pen = self.hand.pen * height / (1 + self.nib)
        if not character.isdigit():
            return written_sign(character, self.script, height, pen, rng)
        strokes = self.hand.digit(int(character), rng)
        dots = tuple(
            _dot(strokes[end][end], self.hand.pen, rng)
            for end in DOTTED.get(character, ())
            if rng.random() < self.dots
        )
        return drawn(strokes + dots, height, pen, nib=self.nib)


def _dot(at: Points, pen: float, rng: Random) -> Points:
    """A small ring around a position, as a stroke; pen: its width, as the position in heights."""
    radius, angles = rng.uniform(0.2, 0.5) * pen, np.linspace(0, 2 * math.pi, 7)
    ring = at + radius * np.stack([np.cos(angles), np.sin(angles)], 1)
    return np.clip(ring, 0, 1).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class TileWriter:
    """A writer of MNIST. tiles: (N, 28, 28) uint8 of each digit by that writer."""

    tiles: Mapping[int, Ink]
    script: Script

    def write(self, character: str, height: int, rng: Random) -> Glyph:
        """See Writer. Raises KeyError for a digit of which there is no tile."""
        if not character.isdigit():
            return written_sign(
                character, self.script, height, rng.uniform(0.08, 0.14) * height, rng
            )
        tiles = self.tiles[int(character)]
        return Glyph(enlarge(tiles[rng.integers(len(tiles))], height), 0)


def enlarge(tile: Ink, height: int) -> Ink:
    """A tile of MNIST as ink of that height, with sharp edges.

    tile: (28, 28) uint8, whose soft edges come from its reduction to 28 pixels.
    """
    left, top, wide, high = cv2.boundingRect((tile > 64).astype(np.uint8))
    scale = height / max(high, wide)
    size = max(1, round(wide * scale)), max(1, round(high * scale))
    box = tile[top : top + high, left : left + wide]
    if scale <= 1:
        return np.asarray(cv2.resize(box, size, interpolation=cv2.INTER_AREA), np.uint8)
    smooth = cv2.resize(box.astype(np.float32), size, interpolation=cv2.INTER_CUBIC)
    smooth = cv2.GaussianBlur(smooth, (0, 0), 0.35 * scale)
    sharper = min(scale, 3)
    return np.asarray(np.clip(smooth * sharper - 110 * (sharper - 1), 0, 255), np.uint8)


def drawn(
    strokes: tuple[Points, ...],
    height: int,
    pen: float,
    top: float = 0.0,
    nib: float = 0.0,
    text: str = "",
) -> Glyph:
    """Strokes of a unit box as a glyph whose ink ends at the box of its points and half the pen.

    strokes: (N, 2) each, from 0 on, in heights of a digit, which is `height` pixels; pen: width of
    the line in pixels; top, text: of the glyph, the former in heights; nib: see `PenWriter`.
    """
    tallest = max(float(stroke[:, 1].max()) for stroke in strokes)
    size = max(height - pen, 2.0) if tallest > 0.5 else height
    ink = draw(strokes, max(2, round(size)), pen, nib)
    if pen < 0.7:
        ink = np.asarray(cv2.convertScaleAbs(ink, alpha=max(pen, 0.35) / 0.7), np.uint8)
    x, y, wide, high = cv2.boundingRect((ink >= max(int(ink.max()) // 4, 1)).astype(np.uint8))
    return Glyph(np.asarray(ink[y : y + high, x : x + wide], np.uint8), round(top * height), text)


def written_sign(character: str, script: Script, height: int, pen: float, rng: Random) -> Glyph:
    """A sign or letter; height: of a digit, pen: width of the line, both in pixels."""
    if character in SIGNS:
        curves = [np.array(points, np.float32) for points in SIGNS[character]]
        unrest = rng.uniform(0.01, 0.04)
        lean = rng.normal(0, 0.1)
        curves = [
            spline(
                (c + unrest * rng.standard_normal(c.shape)).astype(np.float32),
                np.ones(len(c), np.float32),
            )
            for c in curves
        ]
        curves = [c + np.stack([lean * (0.5 - c[:, 1]), 0 * c[:, 1]], 1) for c in curves]
        if character in ".,":
            pen *= rng.uniform(1, 1.7)
    else:
        curves = list(script.word(character, rng))
    low, high = (end(np.concatenate(curves), axis=0) for end in (np.min, np.max))
    spread = SIZES.get(character)
    size = rng.uniform(0.8, 1.2) if spread is None else math.exp(rng.normal(0, spread))
    moved = tuple(((curve - low) * size).astype(np.float32) for curve in curves)
    top = float(low[1])
    if spread is not None:  # about its middle
        top += (1 - size) / 2 * float(high[1] - low[1])
    return drawn(moved, height, pen, top)


def write_word(script: Script, text: str, height: int, pen: float, rng: Random) -> Glyph:
    """A word of letters; height: of a capital, pen: width of the line, both in pixels."""
    strokes = script.word(text, rng)
    low = np.concatenate(strokes).min(axis=0)
    moved = tuple((stroke - low).astype(np.float32) for stroke in strokes)
    return drawn(moved, height, pen, float(low[1]), text=text)
