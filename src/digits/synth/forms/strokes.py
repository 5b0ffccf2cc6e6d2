"""The strokes that the forms of digits are made of."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Stroke = NDArray[np.float32]  # (points, 3): x, y, smoothness: 0 corner, 1 round
Skeleton = tuple[Stroke, ...]
Uniform = Callable[[float, float], float]  # a random number between two bounds


def stroke(*points: tuple[float, ...]) -> Stroke:
    """Control points (x, y), passed smoothly, or (x, y, smoothness)."""
    return np.array([p if len(p) == 3 else (*p, 1.0) for p in points], np.float32)


def ellipse(
    centre: tuple[float, float],
    radii: tuple[float, float],
    start: float,
    turn: float,
    end_radius: float = 1.0,
) -> Stroke:
    """Nine points on an ellipse from `start` on, over `turn` degrees; negative turns run as most
    hands do, anticlockwise. Angles in degrees, 0 to the right, 90 down. The last point lies at
    `end_radius` of the others."""
    angles = np.radians(start + turn * np.linspace(0, 1, 9))
    reach = np.ones(9)
    reach[-2:] = (1 + end_radius) / 2, end_radius
    x = centre[0] + radii[0] * reach * np.cos(angles)
    y = centre[1] + radii[1] * reach * np.sin(angles)
    return np.stack([x, y, np.ones(9)], axis=1).astype(np.float32)
