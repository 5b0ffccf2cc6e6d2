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

from digits.reading.ink import Ink
from digits.reading.reading import Box
from digits.reading.ruling import without_lines

THRESHOLDS = (0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75)  # shares of the darkest pen
SMALLEST = 5  # pixels of the grid; a smaller blob holds no form
MOST = 300  # pieces a threshold, the strongest first
NEAR = 0.25  # parts of one digit stand closer than this share of its larger side
BROKEN = 0.04  # a part has at least this share of the digit's ink
SOFT = 2  # pixels over which a pen's edge fades
SAME = 0.8  # boxes that share this much of their area are one piece at two thresholds


@dataclass(frozen=True, slots=True)
class Piece:
    """A blob of ink, its loose parts joined.

    box: (x, y, width, height) on the grid of the ink. ink: (h, w) uint8, the piece alone with its
    soft edge. mass: its summed level, 1 for a pixel of full ink. contrast: how much darker it is
    than what surrounds it, in [0, 1]. rims: how many sides of the picture it touches. source: the
    ink that it was found in.
    """

    box: Box
    ink: NDArray[np.uint8]
    mass: float
    contrast: float
    rims: int
    source: Ink


def find_pieces(ink: Ink) -> list[Piece]:
    """All pieces at all thresholds; of the same piece at several, the one of most contrast."""
    plain = without_lines(ink.level)
    found: list[Piece] = []
    for level in (ink.level,) if plain is None else (ink.level, plain):
        for share in THRESHOLDS:
            if 255 * share > ink.floor:
                found.extend(_pieces_at(ink, level, int(255 * share)))
    found.sort(key=lambda piece: -piece.contrast)
    kept: list[Piece] = []
    for piece in found:
        if all(overlap(piece.box, other.box) < SAME for other in kept):
            kept.append(piece)
    return kept


def overlap(a: Box, b: Box) -> float:
    """Common area of two boxes over their united area, in [0, 1]."""
    common = _common(a, b)
    return common / (a[2] * a[3] + b[2] * b[3] - common)


def covers(a: Box, b: Box) -> float:
    """Common area of two boxes as a share of the smaller one."""
    return _common(a, b) / min(a[2] * a[3], b[2] * b[3])


def _common(a: Box, b: Box) -> int:
    across = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    down = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    return max(across, 0) * max(down, 0)


def _pieces_at(ink: Ink, level: NDArray[np.uint8], threshold: int) -> Iterator[Piece]:
    mask = (level > threshold).astype(np.uint8)
    count, labelled, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    components, boxes = np.asarray(labelled, np.int32), np.asarray(stats[:, :4], np.int32)
    mass = np.bincount(components.ravel(), level.ravel() / 255, minlength=count).astype(np.float64)
    large = (boxes[:, 2:].max(axis=1) >= SMALLEST) & (np.arange(count) > 0)
    strongest = [int(label) for label in np.argsort(-mass) if large[label]][:MOST]
    for label in strongest:
        for parts in _groupings(label, strongest, boxes, mass):
            yield _cut_out(ink, level, components, parts, boxes)


def _groupings(
    main: int, labels: list[int], boxes: NDArray[np.int32], mass: NDArray[np.float64]
) -> list[list[int]]:
    """The ways in which a component may be a digit: alone, or with the weaker ones near it.

    Loose caps of a 5 are weak and need only be near; the second stroke of an open 4 is strong and
    has to reach into the box of the first.
    """
    x, y, width, height = boxes[main]
    reach = NEAR * max(width, height)
    caps, strokes = [main], [main]
    for label in labels:
        if label == main or not BROKEN * mass[main] <= mass[label] <= mass[main]:
            continue
        left, top, wide, high = boxes[label]
        across = max(left - (x + width), x - (left + wide))
        down = max(top - (y + height), y - (top + high))
        if across < reach / 2 and down < reach and mass[label] < mass[main] / 2:
            caps.append(label)
        if across < 0 and down < reach / 2:
            strokes.append(label)
    return [list(parts) for parts in dict.fromkeys(map(tuple, ([main], caps, strokes)))]


def _cut_out(
    source: Ink,
    level: NDArray[np.uint8],
    components: NDArray[np.int32],
    parts: list[int],
    boxes: NDArray[np.int32],
) -> Piece:
    left, top = boxes[parts, 0].min(), boxes[parts, 1].min()
    right = (boxes[parts, 0] + boxes[parts, 2]).max()
    bottom = (boxes[parts, 1] + boxes[parts, 3]).max()
    window = np.s_[max(top - SOFT, 0) : bottom + SOFT, max(left - SOFT, 0) : right + SOFT]
    around = components[window]
    own = np.isin(around, parts)
    grown = cv2.dilate(own.astype(np.uint8), np.ones((2 * SOFT + 1,) * 2, np.uint8)).astype(bool)
    darkness = level[window]
    ring = grown & ~own
    contrast = darkness[own].mean() - (darkness[ring].mean() if ring.any() else 0.0)
    height, width = level.shape
    return Piece(
        box=(int(left), int(top), int(right - left), int(bottom - top)),
        ink=np.where(grown & ((around == 0) | own), darkness, 0).astype(np.uint8),
        mass=float(darkness[own].sum()) / 255,
        contrast=float(np.clip(contrast / 255, 0.01, 1)),
        rims=int(left <= 0) + int(top <= 0) + int(right >= width) + int(bottom >= height),
        source=source,
    )
