"""Ink → pieces: every blob that may be a digit, at every darkness at which it stands alone.

No single threshold parts pen from paper everywhere: where it is low, a digit hangs on ruled lines
and shadows; where it is high, a thin stroke breaks. So pieces are looked for at several, and
which of those that overlap is the digit is decided later, when the network has seen them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from digits.io.result import Box
from digits.reading.single.ink import Ink
from digits.reading.single.ruling import without_lines

THRESHOLDS = (0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75)  # shares of the darkest pen
SMALLEST = 5  # pixels of the grid; a smaller blob holds no form
MOST = 300  # pieces a threshold, the strongest first
NEAR = 0.25  # parts of one digit stand closer than this share of its larger side
BROKEN = 0.04  # a part has at least this share of the digit's ink
SOFT = 2  # pixels over which a pen's edge fades


@dataclass(frozen=True, slots=True)
class Piece:
    """A blob of ink, its loose parts joined.

    box: (x, y, width, height) on the grid of the ink. ink: (h, w) uint8, the piece alone with its
    soft edge. mass: its summed level, 1 for a pixel of full ink. contrast: how much darker it is
    than what surrounds it, along its outline, in [0, 1]. rims: how many sides of the picture it
    touches. source: the ink that it was found in.
    """

    box: Box
    ink: NDArray[np.uint8]
    mass: float
    contrast: float
    rims: int
    source: Ink


def find_pieces(ink: Ink) -> list[Piece]:
    """All pieces at all thresholds; the same piece at several once, at the middle one of them."""
    plain = without_lines(ink.level) if ink.roomy else None
    seen: dict[Box, list[tuple[_Components, list[int]]]] = {}
    for level in (ink.level,) if plain is None else (ink.level, plain):
        for share in THRESHOLDS:
            if 255 * share > ink.floor:
                components = _components(level, int(255 * share))
                for parts in components.groupings():
                    seen.setdefault(_roughly(components.box(parts)), []).append((components, parts))
    return [_cut_out(ink, *same[len(same) // 2]) for same in seen.values()]


@dataclass(frozen=True, slots=True)
class _Components:
    """The connected ink above one threshold.

    labels: (h, w) int32, 0 paper. boxes: (n, 4) int32, x, y, width, height of each label. mass:
    (n,) summed level. worthy: the labels large enough to be something, the strongest first.
    """

    level: NDArray[np.uint8]
    labels: NDArray[np.int32]
    boxes: NDArray[np.int32]
    mass: NDArray[np.float64]
    worthy: NDArray[np.int64]

    def groupings(self) -> Iterator[list[int]]:
        """The ways in which a component may be a digit: alone, or with weaker ones near it.

        Loose caps of a 5 are weak and need only be near; the second stroke of an open 4 is strong
        and has to reach into the box of the first.
        """
        left, top, wide, high = self.boxes[self.worthy].T
        mass = self.mass[self.worthy]
        for main in self.worthy:
            x, y, width, height = self.boxes[main]
            reach = NEAR * max(width, height)
            across = np.maximum(left - (x + width), x - (left + wide))
            down = np.maximum(top - (y + height), y - (top + high))
            weaker = (mass >= BROKEN * self.mass[main]) & (mass <= self.mass[main])
            weaker &= self.worthy != main
            cap = weaker & (mass < self.mass[main] / 2) & (across < reach / 2) & (down < reach)
            stroke = weaker & (across < 0) & (down < reach / 2)
            yield [int(main)]
            if cap.any():
                yield [int(main), *self.worthy[cap].tolist()]
            if (stroke & ~cap).any():
                yield [int(main), *self.worthy[stroke].tolist()]

    def box(self, parts: list[int]) -> Box:
        """The box around some components."""
        left, top = self.boxes[parts, :2].min(axis=0).tolist()
        right, bottom = (self.boxes[parts, :2] + self.boxes[parts, 2:]).max(axis=0).tolist()
        return (left, top, right - left, bottom - top)


def _components(level: NDArray[np.uint8], threshold: int) -> _Components:
    mask = (level > threshold).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    mass = np.bincount(labels.ravel(), level.ravel() / 255, minlength=count).astype(np.float64)
    large = (stats[:, 2:4].max(axis=1) >= SMALLEST) & (np.arange(count) > 0)
    ranked = np.argsort(-mass)
    return _Components(
        level,
        np.asarray(labels, np.int32),
        np.asarray(stats[:, :4], np.int32),
        mass,
        ranked[large[ranked]][:MOST],
    )


def _roughly(box: Box) -> Box:
    """A box in steps of an eighth of its larger side: equal for what is the same piece."""
    step = max(2, max(box[2:]) / 8)
    x, y, width, height = (round(value / step) for value in box)
    return (x, y, width, height)


def _cut_out(source: Ink, components: _Components, parts: list[int]) -> Piece:
    x, y, width, height = box = components.box(parts)
    window = np.s_[max(y - SOFT, 0) : y + height + SOFT, max(x - SOFT, 0) : x + width + SOFT]
    around = components.labels[window]
    is_part = np.zeros(len(components.boxes), bool)
    is_part[parts] = True
    own = is_part[around]
    square = np.ones((2 * SOFT + 1,) * 2, np.uint8)
    grown = cv2.dilate(own.astype(np.uint8), square).astype(bool)
    darkness = components.level[window]
    inner = own & ~cv2.erode(own.astype(np.uint8), square, borderValue=1).astype(bool)
    outer = grown & ~own
    contrast = darkness[inner].mean() if inner.any() else darkness[own].mean()
    contrast -= darkness[outer].mean() if outer.any() else 0.0
    rows, columns = components.level.shape
    return Piece(
        box=box,
        ink=np.where(grown & ((around == 0) | own), darkness, 0).astype(np.uint8),
        mass=float(darkness[own].sum()) / 255,
        contrast=float(np.clip(contrast / 255, 0.01, 1)),
        rims=int(x <= 0) + int(y <= 0) + int(x + width >= columns) + int(y + height >= rows),
        source=source,
    )
