"""Paper: printed patterns, light, grain and stains."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

Ink = NDArray[np.uint8]  # (H, W), 0 nothing printed, 255 full
Light = NDArray[np.float32]  # (H, W), 1 is full
Random = np.random.Generator
Size = tuple[int, int]  # height, width


def ruled(size: Size, pitch: float, rng: Random) -> Ink:
    """Writing lines, `pitch` pixels apart; some paper has a margin line too."""
    sheet = np.zeros(size, np.uint8)
    thickness = _thickness(pitch, rng)
    for y in np.arange(rng.uniform(0, pitch), size[0], pitch):
        _line(sheet, (0, y), (size[1], y), thickness)
    if rng.random() < 0.3:
        x = rng.uniform(0.05, 0.2) * size[1]
        _line(sheet, (x, 0), (x, size[0]), thickness)
    return sheet


def squared(size: Size, pitch: float, rng: Random) -> Ink:
    """Squares, `pitch` pixels wide."""
    sheet = np.zeros(size, np.uint8)
    thickness = _thickness(pitch, rng)
    for y in np.arange(rng.uniform(0, pitch), size[0], pitch):
        _line(sheet, (0, y), (size[1], y), thickness)
    for x in np.arange(rng.uniform(0, pitch), size[1], pitch):
        _line(sheet, (x, 0), (x, size[0]), thickness)
    return sheet


def dotted(size: Size, pitch: float, rng: Random) -> Ink:
    """A dot at every crossing of such squares."""
    sheet = np.zeros(size, np.uint8)
    radius = max(1, round(rng.uniform(0.03, 0.08) * pitch))
    top, left = rng.uniform(0, pitch, 2)
    for y in np.arange(top, size[0], pitch):
        for x in np.arange(left, size[1], pitch):
            cv2.circle(sheet, (round(x), round(y)), radius, 255, -1, cv2.LINE_AA)
    return sheet


def guilloche(size: Size, pitch: float, rng: Random) -> Ink:
    """Fine wavy lines as on cheques and tickets: one to three families that interfere."""
    height, width = size
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    level = np.zeros(size, np.float32)
    fine = _fine(pitch, rng)
    for _ in range(rng.integers(1, 4)):
        angle = rng.choice([0, np.pi / 2, rng.uniform(0, np.pi)]) + rng.normal(0, 0.05)
        along = x * np.float32(math.cos(angle)) + y * np.float32(math.sin(angle))
        across = y * np.float32(math.cos(angle)) - x * np.float32(math.sin(angle))
        wave = (
            rng.uniform(0, 1.2) * fine * np.sin(along * (2 * np.pi / (fine * rng.uniform(2, 14))))
        )
        wave += (
            rng.uniform(0, 4) * fine * np.sin(along * (2 * np.pi / (fine * rng.uniform(15, 60))))
        )
        phase = (across + wave) * np.float32(2 * np.pi / (fine * rng.uniform(0.8, 1.6)))
        sharpness = rng.uniform(1, 6)
        level = np.maximum(level, rng.uniform(0.5, 1) * ((1 + np.sin(phase)) / 2) ** sharpness)
    return np.asarray(level * 255, np.uint8)


def tinted_bands(size: Size, pitch: float, rng: Random) -> Ink:
    """Broad soft stripes and spots, as behind amounts on forms and bills."""
    cells = rng.random((int(rng.integers(2, 6)), int(rng.integers(2, 8)))).astype(np.float32)
    soft = cv2.resize(cells, (size[1], size[0]), interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip(soft, 0, 1) * 255, np.uint8)


def rings(size: Size, pitch: float, rng: Random) -> Ink:
    """Fine circles around a few points, as in rosettes on banknotes."""
    y, x = np.mgrid[0 : size[0], 0 : size[1]].astype(np.float32)
    level = np.zeros(size, np.float32)
    fine = _fine(pitch, rng)
    for _ in range(rng.integers(1, 4)):
        distance = np.hypot(x - rng.uniform(0, size[1]), y - rng.uniform(0, size[0]))
        wave = (1 + np.sin(distance * np.float32(2 * np.pi / fine))) / 2
        level = np.maximum(level, wave ** rng.uniform(3, 8))
    return np.asarray(level * 255, np.uint8)


PATTERNS: Mapping[str, Callable[[Size, float, Random], Ink]] = {
    kind.__name__: kind for kind in (ruled, squared, dotted, guilloche, rings, tinted_bands)
}
"""Printed patterns by name; `pitch` is the distance between lines in pixels."""
FINE = ("guilloche", "rings", "tinted_bands")  # security printing


def light(size: Size, rng: Random) -> Light:
    """The light on each pixel of a photographed page: slopes, shadows, folds."""
    height, width = size
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, width, dtype=np.float32)
    angle, slope = rng.uniform(0, 2 * np.pi), rng.uniform(0, 0.25)
    field = 1 + slope * (x * math.cos(angle) + y * math.sin(angle))
    field = field - rng.uniform(0, 0.15) * (x * x + y * y) / 2
    if rng.random() < 0.35:
        field = field * shadow(size, rng)
    if rng.random() < 0.12:
        field = field * fold(size, rng)
    if rng.random() < 0.1:
        field = field * gutter(size, rng)
    return np.asarray(field / field.max(), np.float32)


def shadow(size: Size, rng: Random) -> Light:
    """The shade of a hand, a head or a phone, coming in from somewhere, its edge soft or hard."""
    small = 96
    mask = np.zeros((small, small), np.uint8)
    centre = rng.uniform(-0.2, 1.2, 2)
    radii = rng.uniform(0.3, 0.9, 2)
    angles = np.sort(rng.uniform(0, 2 * np.pi, 7))
    reach = radii * rng.uniform(0.6, 1.1, (7, 1))
    points = centre + reach * np.stack([np.cos(angles), np.sin(angles)], 1)
    cv2.fillPoly(mask, [np.rint(points * small * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    soft = cv2.GaussianBlur(mask, (0, 0), math.exp(rng.uniform(-0.5, 2.7)))
    whole = cv2.resize(soft, (size[1], size[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(1 - rng.uniform(0.15, 0.6) / 255 * whole.astype(np.float32), np.float32)


def fold(size: Size, rng: Random) -> Light:
    """A crease across the sheet: one side of it lighter, a thin dark line along it."""
    height, width = size
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    angle = rng.choice([0, np.pi / 2]) + rng.normal(0, 0.05)
    distance = (x - width * rng.uniform(0.2, 0.8)) * np.float32(math.cos(angle))
    distance += (y - height * rng.uniform(0.2, 0.8)) * np.float32(math.sin(angle))
    reach = rng.uniform(0.03, 0.2) * max(size)
    bright = rng.uniform(-0.12, 0.12) * np.sign(distance) * np.exp(-np.abs(distance) / reach)
    dark = rng.uniform(0, 0.25) * np.exp(-((distance / rng.uniform(0.7, 2.5)) ** 2))
    return np.asarray(1 + bright - dark, np.float32)


def gutter(size: Size, rng: Random) -> Light:
    """The dark at one side, where the book is bound or the sheet ends."""
    width = size[1]
    edge, soft = rng.uniform(0.03, 0.35) * width, rng.uniform(1, 0.06 * width)
    distance = np.arange(width, dtype=np.float32) - edge
    row = rng.uniform(0, 0.3) + 1 / (1 + np.exp(-np.clip(distance / soft, -30, 30)))
    row = np.minimum(row, 1)[:: -1 if rng.random() < 0.5 else 1]
    return np.asarray(np.broadcast_to(row, size), np.float32)


def grain(size: Size, strength: float, rng: Random) -> Light:
    """The unevenness of paper itself: fibres and blotches, around 0."""
    coarse = rng.uniform(1.5, 12)
    cells = max(2, round(size[0] / coarse)), max(2, round(size[1] / coarse))
    noise = rng.standard_normal(cells, np.float32)
    return np.asarray(strength * cv2.resize(noise, (size[1], size[0])), np.float32)


def stain(size: Size, rng: Random) -> Ink:
    """A ring of coffee, a smear, or specks of dirt."""
    sheet = np.zeros(size, np.uint8)
    y, x = rng.uniform(0, size[0]), rng.uniform(0, size[1])
    kind, reach = rng.random(), rng.uniform(0.04, 0.2) * min(size)
    if kind < 0.4:
        axes = round(reach), round(reach * rng.uniform(0.8, 1))
        cv2.ellipse(sheet, (round(x), round(y)), axes, 0, 0, 360, 255, max(1, round(reach / 12)))
        return np.asarray(cv2.GaussianBlur(sheet, (0, 0), max(1.0, reach / 20)), np.uint8)
    if kind < 0.6:
        cv2.ellipse(
            sheet, (round(x), round(y)), (round(2 * reach), round(reach)), 30, 0, 360, 255, -1
        )
        return np.asarray(cv2.GaussianBlur(sheet, (0, 0), max(1.0, reach / 2)), np.uint8)
    for _ in range(rng.integers(5, 60)):
        at = round(rng.uniform(0, size[1])), round(rng.uniform(0, size[0]))
        cv2.circle(sheet, at, int(rng.choice([1, 1, 1, 2, 3, 4])), int(rng.integers(90, 255)), -1)
    return sheet


def _fine(pitch: float, rng: Random) -> float:
    """Pixels between the lines of security printing: as fine as the pen that writes over it."""
    return float(np.clip(pitch * rng.uniform(0.1, 0.35), 2.5, rng.uniform(3, 14)))


def _thickness(pitch: float, rng: Random) -> int:
    return max(1, round(pitch * rng.uniform(0.01, 0.06)))


def _line(sheet: Ink, start: tuple[float, float], end: tuple[float, float], thickness: int) -> None:
    points = [(round(x * 16), round(y * 16)) for x, y in (start, end)]
    cv2.line(sheet, points[0], points[1], 255, thickness, cv2.LINE_AA, 4)
