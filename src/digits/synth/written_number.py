"""Single characters by one writer → a number: side by side as people write, unevenly, touching,
joined, with the exact position of each digit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import cv2
import numpy as np

from digits.synth.pen import spline
from digits.synth.writing import Glyph, Ink, Points, Random, Writer

POWERS = {"²": "2", "³": "3"}
DECIMAL_MARKS = ".,"


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
    """How a writer puts digits side by side.

    gap: between them, in heights of a digit. unrest: scatter of their sizes and positions, in
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
    """A stroke from the bottom of one digit, or from the top of a 0, on to the next, without
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
