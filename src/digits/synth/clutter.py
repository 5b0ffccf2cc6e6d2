"""Clutter: ink that is not one digit, for outlier exposure.

Training on such outliers with a uniform target makes a network reject other unusual ink as well.
Source: Hendrycks et al. 2019, "Deep Anomaly Detection with Outlier Exposure", arXiv 1812.04606.

Ink that a careful person could call a digit is left out: a lone bar, upright or steep (1), a
ring (0), a T or a corner at the upper right (7), a bar with an arm to the left (4).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from digits.synth.pen import Hand, draw, spline
from digits.synth.signs import LETTERS, SIGNS, strokes

Ink = NDArray[np.uint8]
Line = NDArray[np.float32]  # (N, 2): x and y, y down
Random = np.random.Generator

PENS = (0.03, 0.15)  # width of the line, as a fraction of the longer side
FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_TRIPLEX)
PRINTABLE = "AEFKMNPRVWXefhkmnrvwx"

ROUND_AT_BOTTOM = (2, 3, 5, 8)
"""Digits that end in a shallow arc or a base; the bottom of others may pass for a 1 or a 0."""


def clutter(count: int, seed: int) -> list[NDArray[np.uint8]]:
    """`count` pieces of ink that are not one digit, of all kinds alike; the same for one `seed`.

    Returns ink maps (H, W) uint8, 0 paper to 255 ink, the longer side about 40 to 100 pixels.
    """
    rng = np.random.default_rng(seed)
    kinds = list(KINDS.values())
    return [kinds[rng.integers(len(kinds))](rng) for _ in range(count)]


def grid(rng: Random) -> Ink:
    """Squared paper: ruled lines that cross and run on."""
    across = int(rng.integers(2, 9))
    down = int(rng.integers(2, min(9, 2 * across + 1)))  # a tall ladder shrinks to a 1
    overhang = rng.uniform(0.2, 0.8)
    width, height = across - 1 + overhang, down - 1 + overhang
    upright = [_segment(x, -overhang, x, height) for x in range(across)]
    level = [_segment(-overhang, y, width, y) for y in range(down)]
    return _draw(upright + level, rng, _thin(rng, max(across, down)))


def ruled(rng: Random) -> Ink:
    """Parallel lines, lying or standing."""
    count = int(rng.integers(2, 7))
    length = count * rng.uniform(0.7, 2)
    lying = [_segment(rng.uniform(-0.3, 0.3), y, length, y) for y in range(count)]
    lines = lying if rng.random() < 0.7 else [line[:, ::-1] for line in lying]
    return _draw(lines, rng, _thin(rng, max(count, length)))


def frame(rng: Random) -> Ink:
    """Empty boxes in a row; a single one is wide, as a tall one is a 0."""
    cells, width = int(rng.integers(1, 5)), rng.uniform(1.2, 1.9)
    right = cells * width
    level = [_segment(0, y, right, y) for y in (0, 1)]
    upright = [_segment(x * width, 0, x * width, 1) for x in range(cells + 1)]
    return _draw(level + upright, rng, _thin(rng, 1.5 * right))


def junction(rng: Random) -> Ink:
    """Where two ruled lines meet; those that could be a 1, a 4 or a 7 are left out."""
    left, right, up, down = rng.choice(
        [[1, 1, 1, 1], [0, 1, 1, 1], [0, 1, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0]]
    ) * rng.uniform(0.6, 1, 4)
    lines = [_segment(-left, 0, right, 0), _segment(0, -up, 0, down)]
    return _draw(lines, rng, rng.uniform(0.03, 0.15))


def dash(rng: Random) -> Ink:
    """A long stroke that lies: a minus, a line to write on."""
    bow, slope = rng.uniform(-0.12, 0.12), rng.uniform(-0.15, 0.15)
    return _draw([_curve(np.array([[0, 0], [0.5, bow], [1, slope]]))], rng)


def specks(rng: Random) -> Ink:
    """One dot or several, never one above the other."""
    side, count = int(rng.integers(40, 90)), int(rng.integers(1, 7))
    sheet = np.zeros((side, side), np.uint8)
    for column in rng.permutation(count):
        radius = rng.uniform(0.08, 0.3) * side / count
        x, y = (column + 0.5) * side / count, rng.uniform(0.2, 0.8) * side
        axes = radius * rng.uniform(1, 1.3), radius
        _ellipse(sheet, (x, y), axes, rng.uniform(-30, 30))
    return sheet


def blob(rng: Random) -> Ink:
    """A filled shape with a hard or a soft edge, at least as wide as high."""
    angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    waves = np.outer(angle, np.arange(2, 6)) + rng.uniform(0, 2 * np.pi, 4)
    radius = 1 + np.cos(waves) @ (rng.uniform(0, 0.3, 4) / np.arange(1, 5))
    outline = np.stack([rng.uniform(1, 1.8) * np.cos(angle), np.sin(angle)], 1) * radius[:, None]
    sheet = np.zeros((72, 100), np.uint8)
    points = np.rint((outline * rng.uniform(10, 16) + (50, 36)) * 16).astype(np.int32)
    cv2.fillPoly(sheet, [points], 255, cv2.LINE_AA, shift=4)
    return np.asarray(cv2.GaussianBlur(sheet, (0, 0), rng.uniform(0.5, 7)), np.uint8)


def shadow(rng: Random) -> Ink:
    """Half a picture in the dark, its edge sharp or soft."""
    sheet = _frame(rng)
    y, x = np.mgrid[-1 : 1 : sheet.shape[0] * 1j, -1 : 1 : sheet.shape[1] * 1j]
    angle = rng.uniform(0, 2 * np.pi)
    depth = x * math.cos(angle) + y * math.sin(angle) + rng.uniform(0.3, 0.7)
    return _ink(0.5 + depth * np.exp(rng.uniform(-0.7, 3)))


def noise(rng: Random) -> Ink:
    """Noise, from fine to cloudy."""
    height, width = _frame(rng).shape
    coarse = rng.uniform(1, height / 4)
    cells = rng.random((math.ceil(height / coarse), math.ceil(width / coarse)), np.float32)
    level = cv2.resize(cells, (width, height), interpolation=cv2.INTER_CUBIC)
    return _ink(0.5 + (level - rng.uniform(0.4, 0.7)) * rng.uniform(1, 6))


def weave(rng: Random) -> Ink:
    """Cloth, wood, moiré: waves in two directions."""
    sheet = _frame(rng)
    y, x = np.mgrid[0 : 1 : sheet.shape[0] * 1j, 0 : 1 : sheet.shape[1] * 1j]
    level = np.full(sheet.shape, rng.uniform(-0.3, 0.3))
    for strength in (1.0, rng.uniform(0, 1)):
        angle, waves = rng.uniform(0, 2 * np.pi), rng.uniform(4, 10)
        phase = (x * math.cos(angle) + y * math.sin(angle)) * 2 * np.pi * waves
        level += strength * np.sin(phase + rng.uniform(0, 2 * np.pi))
    return _ink(0.5 + level * rng.uniform(0.4, 2))


def smudge(rng: Random) -> Ink:
    """Ink wiped sideways."""
    sheet = np.zeros((60, 90), np.uint8)
    for _ in range(rng.integers(3, 9)):
        _ellipse(sheet, rng.uniform((25, 20), (65, 40)), rng.uniform((8, 2), (22, 7)), 0)
    wiped = cv2.blur(sheet, (int(rng.integers(9, 31)), 3)).astype(np.float32) / 255
    return _ink(wiped * rng.uniform(0.6, 1.4, (60, 90)))


def scribble(rng: Random) -> Ink:
    """A pen that went everywhere."""
    return _draw([_curve(rng.random((int(rng.integers(18, 40)), 2)))], rng)


def strike_out(rng: Random) -> Ink:
    """Strokes to and fro that cover something."""
    return _draw([_zigzag(rng, rng.uniform(0.2, 0.9))], rng)


def letter(rng: Random) -> Ink:
    """A handwritten letter that resembles no digit."""
    return _draw(_written(LETTERS, rng), rng)


def sign(rng: Random) -> Ink:
    """A handwritten sign: a check mark, an arrow, a brace, percent."""
    return _draw(_written(SIGNS, rng), rng)


def printed(rng: Random) -> Ink:
    """A printed letter or word."""
    text = "".join(rng.choice(list(PRINTABLE), rng.choice([1, 1, 2, 3, 5])))
    font, thickness = FONTS[rng.integers(len(FONTS))], int(rng.integers(1, 5))
    (width, height), below = cv2.getTextSize(text, font, 1.5, thickness)
    sheet = np.zeros((height + below + 10, width + 10), np.uint8)
    cv2.putText(sheet, text, (5, height + 5), font, 1.5, 255, thickness, cv2.LINE_AA)
    scale = rng.uniform(60, 100) / max(sheet.shape)
    return np.asarray(cv2.resize(sheet, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))


def word(rng: Random) -> Ink:
    """A line of joined writing: arches and loops, of which no one is a letter."""
    arches = int(rng.integers(4, 9))
    phase = np.linspace(0, 2 * np.pi * arches, 12 * arches, dtype=np.float32)
    heights = rng.choice([0.5, 0.6, 1.1], arches + 1) * rng.uniform(0.8, 1.2, arches + 1)
    height = np.interp(phase / (2 * np.pi), np.arange(arches + 1), heights)
    x = phase / 6 + rng.uniform(-0.4, 0.6) * np.sin(phase)
    return _draw([np.stack([x, height * np.cos(phase)], 1)], rng, rng.uniform(0.02, 0.06))


def several_digits(rng: Random) -> Ink:
    """Two or three digits of one hand, side by side or touching."""
    hand, digits = Hand.sample(rng), rng.integers(0, 10, rng.integers(2, 4))
    # a 1 that touches its neighbour can make another digit of it
    gap = hand.pen + rng.uniform(0.1, 0.3) if 1 in digits else rng.uniform(-0.1, 0.3)
    lines: list[Line] = []
    left = 0.0
    for digit in digits:
        lines += [line + np.array([left, 0]) for line in hand.digit(int(digit), rng)]
        left = max(float(line[:, 0].max()) for line in lines) + gap
    return _draw(lines, rng, hand.pen / max(left - gap, 1))


def cut_digit(rng: Random) -> Ink:
    """The bottom of a digit that lies mostly outside of the picture, or such an arc upside down.

    Real heads are not cut off: that of an 8 may be a 0 or, if it is open, a steep bar.
    """
    digit = int(rng.choice(ROUND_AT_BOTTOM))
    ink = draw(Hand.sample(rng).digit(digit, rng), 90, rng.uniform(3, 8))
    bottom = ink[-round(min(ink.shape) * rng.uniform(0.25, 0.4)) :]
    return bottom if rng.random() < 0.6 else cv2.flip(bottom, 0).astype(np.uint8)


def crossed_out(rng: Random) -> Ink:
    """A crossed-out digit."""
    hand = Hand.sample(rng)
    digit = hand.digit(int(rng.integers(10)), rng)
    width = max(float(line[:, 0].max()) for line in digit)
    zigzag = _zigzag(rng, 1)
    over = zigzag if rng.random() < 0.5 else zigzag[:, ::-1]
    reach = max(0.8, width + 0.3)  # a narrow one would be a thick 1
    placed = over * (reach, 1) + ((width - reach) / 2, 0)
    return _draw([*digit, placed], rng, min(hand.pen, 0.07))


KINDS: Mapping[str, Callable[[Random], Ink]] = {
    kind.__name__: kind
    for kind in (
        grid,
        ruled,
        frame,
        junction,
        dash,
        specks,
        blob,
        shadow,
        noise,
        weave,
        smudge,
        scribble,
        strike_out,
        letter,
        sign,
        printed,
        word,
        several_digits,
        cut_digit,
        crossed_out,
    )
}
"""The kinds of clutter by name: functions that draw one example with a random generator."""


def _draw(lines: Iterable[Line], rng: Random, pen: float | None = None) -> Ink:
    """Lines of any size, turned and sheared a little, drawn 40 to 90 pixels large.

    pen: width of the line as a fraction of the longer side, random if left out.
    """
    turn, shear = rng.normal(0, 0.06), rng.uniform(-0.15, 0.25)
    matrix = np.array([[1, turn], [-turn - shear, 1]])
    moved = [line @ matrix for line in lines]
    points = np.concatenate(moved)
    low = points.min(axis=0)
    size = (points.max(axis=0) - low).max()
    placed = tuple(((line - low) / size).astype(np.float32) for line in moved)
    side = int(rng.integers(40, 90))
    fraction = pen or math.exp(rng.uniform(math.log(PENS[0]), math.log(PENS[1])))
    return draw(placed, side, max(1.2, fraction * side))


def _thin(rng: Random, lines: float) -> float:
    """A pen that leaves white between that many lines."""
    return float(rng.uniform(0.08, 0.4) / lines)


def _segment(x: float, y: float, to_x: float, to_y: float) -> Line:
    return np.array([[x, y], [to_x, to_y]], np.float32)


def _curve(points: NDArray[np.floating]) -> Line:
    return spline(points.astype(np.float32), np.ones(len(points), np.float32))


def _zigzag(rng: Random, height: float) -> Line:
    """To and fro over a width of 1, while the pen sinks by `height`."""
    turns = int(rng.integers(7, 16))
    x = np.arange(turns) % 2 + rng.uniform(-0.15, 0.15, turns)
    y = np.linspace(0, height, turns) + rng.uniform(-0.05, 0.05, turns)
    return _curve(np.stack([x, y], 1))


def _written(table: Mapping[str, str], rng: Random) -> list[Line]:
    """An entry of the table, as an unsteady hand writes it."""
    notation = table[str(rng.choice(list(table)))]
    stretch, scatter = math.exp(rng.normal(0, 0.12)), rng.uniform(0.1, 0.32)
    lines = []
    for points, curved in strokes(notation):
        moved = points * (stretch, 1) + scatter * rng.standard_normal(points.shape).clip(-2, 2)
        lines.append(_curve(moved) if curved else moved.astype(np.float32))
    return lines


def _frame(rng: Random) -> Ink:
    """Empty paper, at least as wide as high."""
    height = int(rng.integers(40, 76))
    return np.zeros((height, round(height * rng.uniform(1, 1.2))), np.uint8)


def _ellipse(sheet: Ink, centre: Iterable[float], axes: Iterable[float], degrees: float) -> None:
    x, y = (round(value * 16) for value in centre)
    width, height = (round(value * 16) for value in axes)
    cv2.ellipse(sheet, (x, y), (width, height), degrees, 0, 360, 255, -1, cv2.LINE_AA, 4)


def _ink(level: NDArray[np.floating]) -> Ink:
    """Levels, 0 paper to 1 ink, clipped, as uint8."""
    return np.asarray(np.clip(level, 0, 1) * 255, np.uint8)
