"""Drawings as people make them on a page: strokes of a round pen on an even canvas."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from digits.synth.pen import Hand

Pixels = NDArray[np.uint8]
COLOURS = (
    ((20, 20, 20), (255, 255, 255)),
    ((20, 40, 160), (255, 255, 255)),
    ((200, 30, 30), (250, 248, 240)),
    ((240, 240, 240), (24, 26, 30)),
    ((20, 110, 60), (235, 235, 225)),
    ((255, 220, 60), (30, 60, 50)),
)
"""Pen and paper, RGB."""
SIDES = (200, 280, 420, 560, 720)
SHIFT = 4  # binary digits of fractions of a pixel


def single_digits(count: int, seed: int = 0) -> Iterator[tuple[Pixels, str]]:
    """Square drawings of one digit each, and what it is; pens of 0.5 to 6 % of the side."""
    rng = np.random.default_rng(seed)
    for index in range(count):
        side = int(rng.choice(SIDES))
        digit = index % 10
        height = side * rng.uniform(0.25, 0.8)
        pen = side * rng.uniform(0.005, 0.06)
        strokes = _placed(Hand.sample(rng), digit, height, rng)
        room = np.array([side, side]) - np.concatenate(strokes).max(axis=0)
        start = rng.uniform(0.15, 0.85, 2) * np.maximum(room, 0)
        yield _drawn([s + start for s in strokes], (side, side), pen, rng), str(digit)


def several_digits(count: int, seed: int = 1) -> Iterator[tuple[Pixels, str]]:
    """Drawings of 1 to 6 digits on one line, and the digits; a gap may part them into numbers."""
    rng = np.random.default_rng(seed)
    for index in range(count):
        width = int(rng.choice(SIDES[1:]))
        size = (int(width * rng.uniform(0.5, 1)), width)
        digits = rng.integers(0, 10, 1 + index % 6).tolist()
        height = min(size[0] * 0.6, 0.8 * width / len(digits) / 0.75) * rng.uniform(0.6, 1)
        hand, strokes, x, text = Hand.sample(rng), [], 0.0, ""
        for place, digit in enumerate(digits):
            if place and rng.random() < 0.15:
                x, text = x + 0.7 * height, text + " "
            own = _placed(hand, digit, height, rng)
            offset = np.array([x, height * rng.normal(0, 0.04)])
            strokes += [stroke + offset for stroke in own]
            x, text = (
                max(s[:, 0].max() for s in strokes) + height * rng.uniform(0.12, 0.3),
                text + str(digit),
            )
        shrink = min(1.0, 0.92 * width / x)
        strokes = [stroke * shrink for stroke in strokes]
        room = np.maximum(np.array(size[::-1]) - np.concatenate(strokes).max(axis=0), 0)
        start = rng.uniform(0.1, 0.9, 2) * room
        pen = max(width * rng.uniform(0.005, 0.03), 1.5)
        yield _drawn([s + start for s in strokes], size, pen, rng), text


def _placed(
    hand: Hand, digit: int, height: float, rng: np.random.Generator
) -> list[NDArray[np.float32]]:
    """The strokes of a digit so high, its box beginning at 0."""
    strokes = [np.asarray(stroke, np.float32)[:, :2] * height for stroke in hand.digit(digit, rng)]
    low = np.concatenate(strokes).min(axis=0)
    return [stroke - low for stroke in strokes]


def _drawn(
    strokes: list[NDArray[np.float32]], size: tuple[int, int], pen: float, rng: np.random.Generator
) -> Pixels:
    ink, paper = COLOURS[int(rng.integers(len(COLOURS)))]
    fine = np.zeros((2 * size[0], 2 * size[1]), np.uint8)
    points = [np.rint(2 * stroke * 2**SHIFT).astype(np.int32) for stroke in strokes]
    cv2.polylines(fine, points, False, 255, max(1, round(2 * pen)), cv2.LINE_AA, SHIFT)
    cover = cv2.resize(fine, size[::-1], interpolation=cv2.INTER_AREA)[..., None] / 255
    mixed = cover * np.array(ink) + (1 - cover) * np.array(paper)
    return np.asarray(np.rint(mixed), np.uint8)
