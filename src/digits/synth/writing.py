"""Numbers in one hand, larger than MNIST's 28 pixels, with the exact position of each digit.

Who writes is drawn by the pen (`PenWriter`), one of MNIST's writers (`TileWriter`) or a typeface
(`TypeWriter`); each of them writes single characters, which `write_number` puts side by side as
people do: unevenly, touching, joined.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
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

DECIMAL_MARKS = ".,"
SIZES = {",": 0.42, "'": 0.3, "-": 0.38, ".": 0.3}
"""Standard deviation of the logarithm of the size of signs, as in the pen strokes of UNIPEN: half
of the commas are 0.31 to 0.55 heights high. Other signs differ by a fifth at most."""

POWERS = {"²": "2", "³": "3"}
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


@dataclass(frozen=True, slots=True, eq=False)
class Written:
    """A number on a sheet of its own.

    text: as it reads, with signs. ink: (H, W) uint8. digits: of each digit its value and points on
    the outline of its ink, in pixels of the sheet. height: of a digit in pixels. marks: of each
    sign and letter itself and such points. top: the row at which a usual digit begins, before the
    number is turned.
    """

    text: str
    ink: Ink
    digits: tuple[tuple[int, Points], ...]
    height: int
    marks: tuple[tuple[str, Points], ...] = ()
    top: int = 0


@dataclass(frozen=True, slots=True)
class Habits:
    """How a writer places digits side by side.

    gap: between them, in heights of a digit. unrest: scatter of their sizes and places, in
    heights. rise: of the line, in heights a digit. zeros: height of a 0 that is not the first.
    ones: of a 1 that is; a high one leans further. joins: how often the pen goes on to the next
    digit without lifting. lean: x gained per unit of height, beyond what the hand itself has.
    marks: how freely decimal marks are placed, in [0, 1]: higher or lower, and in the gap that two
    digits have anyway.
    """

    gap: float
    unrest: float
    rise: float
    zeros: float
    ones: float
    joins: float
    lean: float
    marks: float

    @classmethod
    def sample(cls, rng: Random) -> Habits:
        """Random habits: mostly a fifth of a height apart, sometimes touching or wide apart."""
        kind = rng.random()
        near, far = (-0.1, 0.06) if kind < 0.25 else (0.08, 0.3) if kind < 0.85 else (0.3, 0.7)
        return cls(
            gap=rng.uniform(near, far),
            unrest=_unrest(rng),
            rise=rng.normal(0, 0.015 if rng.random() < 0.9 else 0.12),
            zeros=rng.uniform(0.55, 0.85) if rng.random() < 0.15 else 1.0,
            ones=rng.uniform(1.1, 1.7) if rng.random() < 0.12 else 1.0,
            joins=rng.uniform(0.2, 0.8) if rng.random() < 0.2 else 0.0,
            lean=rng.uniform(-0.15, 0.7) if rng.random() < 0.4 else 0.0,
            marks=rng.uniform(0, 1),
        )


def _unrest(rng: Random) -> float:
    """Scatter of sizes and positions: low for most writers, high for a few."""
    kind = rng.random()
    low, high = (0, 0.06) if kind < 0.83 else (0.06, 0.15) if kind < 0.97 else (0.15, 0.3)
    return float(rng.uniform(low, high))


def write_number(writer: Writer, habits: Habits, text: str, height: int, rng: Random) -> Written:
    """Digits and signs side by side, in a writer's hand.

    height: of its usual digit in pixels.
    """
    placed: list[_PlacedGlyph] = []
    for index, character in enumerate(text):
        digit = POWERS.get(character, character)
        size = height * math.exp(rng.normal(0, habits.unrest))
        if character == "0" and index:
            size *= habits.zeros
        drop = habits.rise * index + rng.normal(0, habits.unrest)
        if character in DECIMAL_MARKS:
            drop += rng.normal(0, 0.12) * habits.marks
        lean = habits.lean
        if character == "1" and not index:
            size, drop = size * habits.ones, drop + rng.uniform(0, habits.ones - 1)
            lean += rng.uniform(0, habits.ones - 1)
        if character in POWERS:
            size, drop = 0.55 * size, drop - rng.uniform(0.5, 0.75)
        glyph = _leant(writer.write(digit, max(4, round(size)), rng), lean)
        top = round(glyph.top + height - size + drop * height)
        new = _PlacedGlyph(digit, glyph.ink, 0, top)
        if placed:
            new = replace(new, left=_beside(placed, new, habits, height, rng))
        placed.append(new)
    return _assembled(text, placed, height, habits.joins, rng)


def _beside(
    placed: Sequence[_PlacedGlyph],
    glyph: _PlacedGlyph,
    habits: Habits,
    height: int,
    rng: Random,
) -> int:
    """The left side of a glyph beside the last one that was placed."""
    before = placed[-1]
    gap, least = habits.gap, before.left + 1
    if glyph.character in DECIMAL_MARKS:
        gap = rng.uniform(0, max(gap, 0.1))
    elif before.character in DECIMAL_MARKS and len(placed) > 1 and rng.random() < habits.marks:
        wide = before.ink.shape[1]
        gap += rng.uniform(0, 1) * wide / height
        before, least = placed[-2], round(before.right - 0.25 * wide)  # the mark is to be seen
    space = gap * height + rng.normal(0, 0.04) * height
    if rng.random() < 0.7:  # as far as the inks stand apart, not their boxes
        space -= _slack(before, glyph)
    return max(round(before.right + space), least)


def _leant(glyph: Glyph, lean: float) -> Glyph:
    if not lean:
        return glyph
    high, wide = glyph.ink.shape
    matrix = np.array([[1, -lean, max(lean, 0) * high], [0, 1, 0]])
    ink = cv2.warpAffine(glyph.ink, matrix, (math.ceil(wide + abs(lean) * high) + 1, high))
    x, _, across, _ = cv2.boundingRect((ink > 0).astype(np.uint8))
    return Glyph(np.asarray(ink[:, x : x + max(across, 1)], np.uint8), glyph.top)


@dataclass(frozen=True, slots=True, eq=False)
class _PlacedGlyph:
    character: str
    ink: Ink
    left: int
    top: int

    @property
    def right(self) -> int:
        return self.left + int(self.ink.shape[1])

    @property
    def bottom(self) -> int:
        return self.top + int(self.ink.shape[0])


def _slack(before: _PlacedGlyph, glyph: _PlacedGlyph) -> float:
    """By how many pixels a glyph could move left until its ink meets that of the one before."""
    low, high = min(glyph.top, before.top), max(glyph.bottom, before.bottom)
    right, left = np.full((2, high - low), np.inf)
    for profile, ink, at in (
        (right, before.ink[:, ::-1], before.top),
        (left, glyph.ink, glyph.top),
    ):
        solid = ink >= ink.max() / 2
        rows = np.flatnonzero(solid.any(axis=1))
        profile[rows + at - low] = solid[rows].argmax(axis=1)
    near = np.minimum(right[:-1], right[1:]) + np.minimum(left[:-1], left[1:])
    nearest = float(near.min(initial=np.inf))
    return min(nearest, 0.4 * len(before.ink)) if math.isfinite(nearest) else 0.0


def _assembled(
    text: str, placed: list[_PlacedGlyph], height: int, joins: float, rng: Random
) -> Written:
    """The glyphs on one sheet with some room around them."""
    margin = max(3, height // 4)
    top = min(each.top for each in placed) - margin
    bottom, right = (max(getattr(each, side) for each in placed) for side in ("bottom", "right"))
    ink = np.zeros((bottom + margin - top, right + 2 * margin), np.uint8)
    digits: list[tuple[int, Points]] = []
    marks: list[tuple[str, Points]] = []
    for each in placed:
        x, y = each.left + margin, each.top - top
        window = ink[y : y + each.ink.shape[0], x : x + each.ink.shape[1]]
        np.maximum(window, each.ink, out=window)
        points = outline(each.ink) + np.array([x, y], np.float32)
        if each.character.isdigit():
            digits.append((int(each.character), points))
        else:
            marks.append((each.character, points))
    for (digit, first), (_, second) in pairwise(digits):
        if rng.random() < joins:
            _join(ink, first, second, height, rng, is_high=digit == 0 and rng.random() < 0.6)
    return Written(text, ink, tuple(digits), height, tuple(marks), -top)


def outline(ink: Ink) -> Points:
    """The corners of the convex hull of some ink: (N, 2) float32, x and y in pixels."""
    points = cv2.findNonZero((ink >= ink.max() / 3).astype(np.uint8))
    hull = cv2.convexHull(points)[:, 0].astype(np.float32)
    return np.concatenate([hull, hull + 1])  # a pixel has two edges


def _join(
    ink: Ink, first: Points, second: Points, height: int, rng: Random, *, is_high: bool
) -> None:
    """A stroke from the foot of one digit, or from the head of a 0, on to the next, without
    lifting the pen."""
    side = -1 if is_high else 1
    left = first[side * (first[:, 1] - np.median(first[:, 1])) >= 0]
    right = second[second[:, 1] <= np.median(second[:, 1])] if is_high else second
    start, end = left[left[:, 0].argmax()], right[right[:, 0].argmin()]
    if end[0] - start[0] > 0.6 * height:
        return
    middle = (start + end) / 2 + (0, rng.uniform(0, 0.12) * height)
    curve = spline(np.stack([start, middle, end]).astype(np.float32), np.ones(3, np.float32))
    width = max(1, round(rng.uniform(0.04, 0.08) * height))
    path = np.rint(curve * 16).astype(np.int32)
    cv2.polylines(ink, [path], False, 255, width, cv2.LINE_AA, 4)


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
