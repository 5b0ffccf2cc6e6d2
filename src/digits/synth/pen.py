"""A parametric pen that writes digits in the hands of synthetic writers.

MNIST's writers learned to write in the United States; other countries have other forms of the
digits, which no distortion of MNIST gives. Each `Hand` has one form of every digit and parameters
that all its digits share.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from digits.synth.forms import FORMS, Form
from digits.synth.forms.strokes import Skeleton, Stroke

DIGITS_PER_HAND = 20
SCHOOLS = {"plain": 0.24, "continental": 0.48, "ornate": 0.14, "printed": 0.14}
"""Probability of each school of writing, which determines the forms of a hand."""

SAMPLES_PER_SEGMENT = 8
_t = np.linspace(0, 1, SAMPLES_PER_SEGMENT, endpoint=False, dtype=np.float32)
HERMITE = np.stack(
    [2 * _t**3 - 3 * _t**2 + 1, _t**3 - 2 * _t**2 + _t, 3 * _t**2 - 2 * _t**3, _t**3 - _t**2], 1
)


@dataclass(frozen=True, slots=True, eq=False)
class Hand:
    """The handwriting of one synthetic writer.

    shapes: for each digit two skeletons of one form, between which the writer's digits vary.
    slant: x gained per unit of height. width: widths over heights, 1 is common. roundness: 0
    draws all curves as polygons, 1 as round splines, more as bulging ones. softness: how far
    corners are rounded off, 0 to 0.5. jitter, sloppiness, tremor: scatter of all points, of the
    ends of strokes, and of the line itself, in heights of a digit. pen: width of the line in
    heights of a digit.
    """

    shapes: tuple[tuple[Skeleton, Skeleton], ...]
    slant: float
    width: float
    roundness: float
    softness: float
    jitter: float
    sloppiness: float
    tremor: float
    pen: float

    @classmethod
    def sample(cls, rng: np.random.Generator, schools: Mapping[str, float] = SCHOOLS) -> Hand:
        """A random writer: a school, a form of every digit from it, and parameters."""
        school = rng.choice(list(schools), p=list(schools.values()))
        forms = [_choose(digit_forms, str(school), rng) for digit_forms in FORMS]
        return cls(
            shapes=tuple((_shape(form, rng), _shape(form, rng)) for form in forms),
            slant=float(np.clip(rng.normal(0.12, 0.18), -0.15, 0.48)),
            width=float(np.exp(np.clip(rng.normal(0, 0.17), -0.3, 0.35))),
            roundness=rng.uniform(0.95, 1.25) if rng.random() < 0.85 else rng.uniform(0.55, 0.95),
            softness=rng.uniform(0, 0.12) if rng.random() < 0.6 else rng.uniform(0.12, 0.4),
            jitter=rng.uniform(0.006, 0.028),
            sloppiness=rng.uniform(0, 0.035),
            tremor=rng.uniform(0.004, 0.008) if rng.random() < 0.15 else rng.uniform(0, 0.003),
            pen=float(np.clip(rng.lognormal(math.log(0.085), 0.45), 0.03, 0.16)),
        )

    def digit(self, digit: int, rng: np.random.Generator) -> tuple[NDArray[np.float32], ...]:
        """One digit in this hand, with random variation.

        Returns its strokes: polylines (N, 2) float32 of x and y in [0, 1], y down; the longer
        side of the digit fills the unit box, the other starts at 0.
        """
        first, second = self.shapes[digit]
        mix = rng.uniform(0, 0.4)
        skeleton = [a + np.float32(mix) * (b - a) for a, b in zip(first, second, strict=True)]
        lines = [self._trace(points, rng) for points in skeleton]
        turn = math.radians(rng.normal(0, 2.5))
        stretch = self.width * math.exp(rng.normal(0, 0.05))
        slant = self.slant + rng.normal(0, 0.03)
        matrix = np.array([[stretch, -slant], [0, 1]]).T @ _rotation(turn)
        return _fit([line @ matrix.astype(np.float32) for line in lines])

    def _trace(self, points: Stroke, rng: np.random.Generator) -> NDArray[np.float32]:
        """The line of this hand's pen along control points."""
        scatter = np.full((len(points), 1), self.jitter)
        scatter[[0, -1]] += self.sloppiness
        position = points[:, :2] + scatter * rng.standard_normal((len(points), 2)).clip(-2, 2)
        smoothness = self.roundness * np.maximum(points[:, 2], self.softness)
        line = spline(position.astype(np.float32), smoothness.astype(np.float32))
        tremor = self.tremor * rng.standard_normal(line.shape)
        return np.asarray(line + tremor.astype(np.float32), np.float32)


def spline(points: NDArray[np.float32], smoothness: NDArray[np.float32]) -> NDArray[np.float32]:
    """A curve through `points` (N, 2), returned as a polyline.

    smoothness: (N,) factor on the speed at each point; 0 makes a corner there. A centripetal
    Catmull-Rom spline, which has no loops between unevenly spaced points.
    Source: Yuksel et al. 2011, DOI 10.1016/j.cad.2010.08.008.
    """
    step = np.diff(points, axis=0)
    time = np.maximum(np.sqrt(np.hypot(step[:, :1], step[:, 1:])), 1e-3)  # centripetal
    chord = step / time
    speed = np.empty_like(points)
    speed[1:-1] = (chord[:-1] * time[1:] + chord[1:] * time[:-1]) / (time[:-1] + time[1:])
    speed[1:-1] *= smoothness[1:-1, None]
    speed[0], speed[-1] = chord[0], chord[-1]
    if len(points) > 2:  # the ends continue as a parabola
        speed[0] += (chord[0] - speed[1]) / 2
        speed[-1] += (chord[-1] - speed[-2]) / 2
    segments = np.stack([points[:-1], speed[:-1] * time, points[1:], speed[1:] * time], axis=1)
    curve = (HERMITE @ segments).reshape(-1, 2)
    return np.concatenate([curve, points[-1:]])


def draw(
    strokes: tuple[NDArray[np.float32], ...], height: int, width_px: float, nib: float = 0.0
) -> NDArray[np.uint8]:
    """Ink on the smallest sheet that holds the strokes: (H, W) uint8, 0 paper, 255 ink.

    strokes: as from `Hand.digit`. height: of the unit box in pixels. width_px: of the line. nib:
    how much broader it is where the pen goes straight down, in widths.
    """
    fine = 2  # drawn larger and shrunk: finer steps of line width, softer edges
    margin = width_px * (1 + nib) / 2 + 3
    columns, rows = np.concatenate(strokes).max(axis=0) * height + 2 * margin
    sheet = np.zeros((math.ceil(rows) * fine, math.ceil(columns) * fine), np.uint8)
    paths = [np.rint((line * height + margin) * fine * 16).astype(np.int32) for line in strokes]
    if nib:
        for path in paths:
            _pressed(sheet, path, width_px * fine, nib)
    else:
        thickness = max(1, round(width_px * fine))
        cv2.polylines(sheet, paths, False, 255, thickness, cv2.LINE_AA, shift=4)
    shrunk = cv2.resize(sheet, None, fx=1 / fine, fy=1 / fine, interpolation=cv2.INTER_AREA)
    return np.asarray(shrunk, np.uint8)


def _pressed(sheet: NDArray[np.uint8], path: NDArray[np.int32], width: float, nib: float) -> None:
    """Draw the line of a steel nib, which spreads on downstrokes and not on upstrokes."""
    step = np.diff(path, axis=0)
    down = np.maximum(step[:, 1], 0) / np.maximum(np.hypot(*step.T), 1)
    pressed = np.convolve(np.pad(down, 2, mode="edge"), np.full(5, 0.2), mode="valid")
    thickness = np.maximum(np.rint(width * (1 + nib * pressed)), 1).astype(int).tolist()
    for start, end, thick in zip(path[:-1].tolist(), path[1:].tolist(), thickness, strict=True):
        cv2.line(sheet, start, end, 255, thick, cv2.LINE_AA, shift=4)


def drawn_digits(count: int, seed: int) -> tuple[list[NDArray[np.uint8]], NDArray[np.uint8]]:
    """`count` digits by count / 20 writers, every digit twice by each; the same for one `seed`.

    Returns ink maps (H, W) uint8 of different sizes, ink about 60 to 90 pixels high, 255 = ink,
    and their labels (count,) uint8.
    """
    rng = np.random.default_rng(seed)
    images: list[NDArray[np.uint8]] = []
    labels: list[NDArray[np.uint8]] = []
    while len(images) < count:
        hand = Hand.sample(rng)
        written = rng.permutation(np.arange(DIGITS_PER_HAND, dtype=np.uint8) % 10)
        for digit in written:
            height = int(rng.integers(60, 90))
            pen = hand.pen * height * rng.uniform(0.9, 1.1)
            images.append(draw(hand.digit(int(digit), rng), height, pen))
        labels.append(written)
    return images[:count], np.concatenate([*labels, np.empty(0, np.uint8)])[:count]


def _choose(forms: tuple[Form, ...], school: str, rng: np.random.Generator) -> Form:
    weights = np.array([getattr(form, school) for form in forms], float)
    return forms[rng.choice(len(forms), p=weights / weights.sum())]


def _shape(form: Form, rng: np.random.Generator) -> Skeleton:
    """A skeleton of this form with random proportions: height of the waist, width, taper, bend."""
    waist, width = np.exp(rng.normal(0, 0.12, 2).clip(-0.25, 0.25))
    taper, bend = rng.normal(0, (0.15, 0.035)).clip((-0.3, -0.07), (0.3, 0.07))
    skeleton = tuple(points.copy() for points in form.skeleton(rng.uniform))
    for points in skeleton:
        y = np.sign(points[:, 1]) * np.abs(points[:, 1]) ** waist
        x = 0.3 + (points[:, 0] - 0.3) * width * (1 + taper * (y - 0.5))
        points[:, 0], points[:, 1] = x + 4 * bend * y * (1 - y), y
    return skeleton


def _rotation(angle: float) -> NDArray[np.float64]:
    cosine, sine = math.cos(angle), math.sin(angle)
    return np.array([[cosine, sine], [-sine, cosine]])


def _fit(lines: list[NDArray[np.float32]]) -> tuple[NDArray[np.float32], ...]:
    """Moved and scaled into the unit box, with the proportions kept."""
    every = np.concatenate(lines)
    low = every.min(axis=0)
    size = (every.max(axis=0) - low).max()
    return tuple(np.clip((line - low) / size, 0, 1) for line in lines)
