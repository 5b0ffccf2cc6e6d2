"""Shapes that people draw and that are no digits: polygons, hearts, arrows, parts of circuits.

Each function gives strokes in a unit box, y down: polylines (N, 2), drawn unevenly as by hand.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from digits.synth.pen import spline
from digits.synth.writing import Random

Strokes = list[NDArray[np.float64]]
UNEVEN = 0.02  # sides of the box, the usual scatter of points


def polygon(rng: Random) -> Strokes:
    """Three to eight corners around a middle; no circle, which is a 0."""
    count = int(rng.integers(3, 9))
    angle = np.linspace(0, 2 * math.pi, count + 1) + rng.uniform(0, 6.3)
    ring = np.stack([np.cos(angle), np.sin(angle)], 1) * rng.uniform(0.7, 1, 2)
    return [_uneven(0.5 + ring / 2, rng)]


def star(rng: Random) -> Strokes:
    """Five points in one stroke."""
    angle = np.arange(6) * 4 * math.pi / 5 - math.pi / 2
    return [_uneven(0.5 + np.stack([np.cos(angle), np.sin(angle)], 1) / 2, rng)]


def heart(rng: Random) -> Strokes:
    """A heart, from its notch around."""
    half = np.array([(0.5, 0.3), (0.4, 0.1), (0.15, 0.08), (0.0, 0.3), (0.12, 0.6), (0.5, 1.0)])
    other = half[::-1] * (-1, 1) + (1, 0)
    return [_curve(_uneven(half, rng)), _curve(_uneven(other, rng))]


def arrow(rng: Random) -> Strokes:
    """A shaft and a head, in any direction."""
    shaft = np.array([(0.0, 0.5), (rng.uniform(0.3, 0.6), rng.uniform(0.4, 0.6)), (1.0, 0.5)])
    back = rng.uniform(0.15, 0.3)
    head = np.array([(1 - back, 0.5 - back), (1.0, 0.5), (1 - back, 0.5 + back)])
    turn = rng.uniform(0, 2 * math.pi)
    return [_turned(_curve(_uneven(shaft, rng)), turn), _turned(_uneven(head, rng), turn)]


def tick(rng: Random) -> Strokes:
    """A tick mark."""
    return [_uneven(np.array([(0.0, 0.6), (0.3, 1.0), (1.0, 0.0)]), rng)]


def cross(rng: Random) -> Strokes:
    """A cross of two strokes."""
    return [_uneven(np.array(line, float), rng) for line in (((0, 0), (1, 1)), ((1, 0), (0, 1)))]


def house(rng: Random) -> Strokes:
    """Walls, a roof, maybe a door."""
    walls = np.array(
        [(0.1, 0.45), (0.1, 1), (0.9, 1), (0.9, 0.45), (0.1, 0.45), (0.5, 0), (0.9, 0.45)]
    )
    door = np.array([(0.4, 1), (0.4, 0.65), (0.6, 0.65), (0.6, 1)])
    return [_uneven(walls, rng)] + ([_uneven(door, rng)] if rng.random() < 0.5 else [])


def figure(rng: Random) -> Strokes:
    """A person of five lines and a head."""
    lines = [
        [(0.5, 0.3), (0.5, 0.7)],
        [(0.2, 0.45), (0.8, 0.4)],
        [(0.25, 1), (0.5, 0.7), (0.75, 1)],
    ]
    angle = np.linspace(0, 6.5, 12)
    head = np.stack([0.5 + 0.14 * np.cos(angle), 0.15 + 0.14 * np.sin(angle)], 1)
    return [_curve(head)] + [_uneven(np.array(line), rng) for line in lines]


def face(rng: Random) -> Strokes:
    """A circle with eyes and a mouth."""
    angle = np.linspace(0, 6.4, 14)
    ring = 0.5 + np.stack([np.cos(angle), np.sin(angle)], 1) / 2
    eyes = [np.array([(x, 0.35), (x, 0.35 + rng.uniform(0.02, 0.1))]) for x in (0.33, 0.67)]
    mouth = np.array([(0.25, 0.65), (0.5, rng.uniform(0.55, 0.85)), (0.75, 0.65)])
    return [_curve(_uneven(ring, rng)), *eyes, _curve(_uneven(mouth, rng))]


def box(rng: Random) -> Strokes:
    """A rectangle or, as for a decision in a flow chart, a rhombus; wide."""
    corners = np.array([(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)], float)
    if rng.random() < 0.3:
        corners = np.array([(0.5, 0), (1, 0.5), (0.5, 1), (0, 0.5), (0.5, 0)])
    return [_uneven(corners * (1, rng.uniform(0.3, 0.8)), rng)]


def ellipse(rng: Random) -> Strokes:
    """A lying ellipse, too flat for a 0."""
    angle = np.linspace(0, rng.uniform(6.2, 7), 16) + rng.uniform(0, 6.3)
    flat = rng.uniform(0.25, 0.5)
    return [
        _curve(_uneven(np.stack([0.5 + np.cos(angle) / 2, (1 + np.sin(angle)) * flat / 2], 1), rng))
    ]


def cloud(rng: Random) -> Strokes:
    """Bumps around an ellipse."""
    angle = np.linspace(0, 2 * math.pi, 60)
    reach = 0.38 + 0.1 * np.abs(np.sin(angle * rng.integers(3, 6)))
    ring = np.stack([np.cos(angle), 0.7 * np.sin(angle)], 1)
    return [np.asarray(0.5 + ring * reach[:, None], np.float64)]


def spiral(rng: Random) -> Strokes:
    """Two to four turns."""
    angle = np.linspace(0, 2 * math.pi * rng.uniform(2, 4), 60)
    reach = angle / angle[-1] / 2
    return [0.5 + np.stack([np.cos(angle), np.sin(angle)], 1) * reach[:, None]]


def resistor(rng: Random) -> Strokes:
    """A zigzag between two wires."""
    turns = int(rng.integers(4, 9))
    x = np.linspace(0.25, 0.75, turns)
    y = 0.5 + np.where(np.arange(turns) % 2, 0.12, -0.12)
    ends = [[(0, 0.5), (0.25, 0.5)], np.stack([x, y], 1), [(0.75, 0.5), (1, 0.5)]]
    return [_uneven(np.concatenate([np.array(part, float) for part in ends]), rng)]


def capacitor(rng: Random) -> Strokes:
    """Two plates, or of a battery a long and a short one, between two wires."""
    short = rng.uniform(0.1, 0.3)
    lines = [
        [(0, 0.5), (0.44, 0.5)], [(0.44, 0.2), (0.44, 0.8)],
        [(0.56, 0.5 - short), (0.56, 0.5 + short)], [(0.56, 0.5), (1, 0.5)],
    ]  # fmt: skip
    return [_uneven(np.array(line), rng) for line in lines]


def wave(rng: Random) -> Strokes:
    """A sine, as on an oscilloscope or a map."""
    x = np.linspace(0, 1, 50)
    return [np.stack([x, 0.5 + 0.2 * np.sin(x * rng.uniform(12, 40))], 1)]


SHAPES: tuple[Callable[[Random], Strokes], ...] = (
    polygon, polygon, star, heart, heart, arrow, arrow, tick, cross, house, figure, face, box,
    ellipse, cloud, spiral, resistor, capacitor, wave,
)  # fmt: skip
"""Some of them twice, which people draw more often."""


def _uneven(points: NDArray[np.float64], rng: Random) -> NDArray[np.float64]:
    return np.asarray(points + rng.normal(0, UNEVEN, points.shape), np.float64)


def _curve(points: NDArray[np.float64]) -> NDArray[np.float64]:
    smooth = spline(points.astype(np.float32), np.ones(len(points), np.float32))
    return np.asarray(smooth, np.float64)


def _turned(points: NDArray[np.float64], angle: float) -> NDArray[np.float64]:
    cos, sin = math.cos(angle), math.sin(angle)
    return np.asarray((points - 0.5) @ np.array([[cos, sin], [-sin, cos]]) + 0.5, np.float64)
