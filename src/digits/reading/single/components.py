"""Ink → candidates: connected components of the ink, alone and together, at every threshold.

No single threshold parts pen from paper everywhere: where it is low, a digit hangs on ruled lines
and shadows; where it is high, a thin stroke breaks. So candidates are cut out at several, and
which of those that overlap is the digit is decided later, when the classifier has seen them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from digits.geometry import Boxes, intersection
from digits.io.number import Box
from digits.reading.single.ink import Ink
from digits.reading.single.ruling import without_lines

THRESHOLDS = (0.15, 0.3, 0.5, 0.7)  # of the darkest pen
SMALLEST = 5  # pixels of the grid; a smaller component holds no form
MOST = 300  # components a threshold, those with the most ink first
NEAR = 0.25  # of a digit's larger side; its parts stand closer
BROKEN = 0.04  # of the digit's ink, the least that a part has
SOFT = 2  # pixels over which a pen's edge fades


@dataclass(frozen=True, slots=True)
class Candidate:
    """Components of the ink that may be the digit.

    box: (x, y, width, height) on the grid of the ink. ink: (h, w) uint8, these components alone
    with their soft edges. mass: their summed level, 1 for a pixel of full ink. contrast: how much
    darker they are than what surrounds them, along their outline, in [0, 1]. source: the ink that
    they were found in.
    """

    box: Box
    ink: NDArray[np.uint8]
    mass: float
    contrast: float
    source: Ink


def find_candidates(layers: Sequence[Components], boxes: Boxes) -> list[Candidate]:
    """All candidates in all layers; the same one in several once, as in the middle one of them.

    boxes: (N, 4) on the grid, of the detector's detections; all ink in each is a candidate.
    """
    seen: dict[tuple[int, ...], list[tuple[Components, list[int]]]] = {}
    for layer in layers:
        for parts in layer.groupings(boxes):
            seen.setdefault(layer.key(parts), []).append((layer, parts))
    return [_cut_out(*same[len(same) // 2]) for same in seen.values()]


@dataclass(frozen=True, slots=True)
class Components:
    """The connected ink above one threshold.

    source: the ink. level: (h, w) uint8, its level, or that without ruled lines. labels: (h, w)
    int32, 0 paper. boxes: (n, 4) int32, x, y, width, height of each label. mass:
    (n,) summed level. large: the labels large enough to be something, those with most ink first.
    """

    source: Ink
    level: NDArray[np.uint8]
    labels: NDArray[np.int32]
    boxes: NDArray[np.int32]
    mass: NDArray[np.float64]
    large: NDArray[np.int64]

    @property
    def is_one(self) -> bool:
        """Whether all ink hangs together."""
        return len(self.boxes) == 2

    def groupings(self, detections: Boxes) -> Iterator[list[int]]:
        """Sets of components that may be a digit: one; one and weaker ones near it; those within
        the box of a detection; all."""
        if not len(self.large):
            return
        every = np.arange(1, len(self.boxes))
        yield every.tolist()
        if len(every) == 1:
            return
        for box in detections:
            within = intersection(box, self.boxes[1:]) > self.boxes[1:, 2:].prod(axis=1) / 2
            if within.any():
                yield every[within].tolist()
        yield from self._with_near_parts()

    def _with_near_parts(self) -> Iterator[list[int]]:
        """Loose caps of a 5 are weak and need only be near; the second stroke of an open 4 is
        strong and has to reach into the box of the first."""
        left, top, wide, high = self.boxes[self.large].T
        mass = self.mass[self.large]
        for main in self.large:
            x, y, width, height = self.boxes[main]
            reach = NEAR * max(width, height)
            across = np.maximum(left - (x + width), x - (left + wide))
            down = np.maximum(top - (y + height), y - (top + high))
            weaker = (mass >= BROKEN * self.mass[main]) & (mass <= self.mass[main])
            weaker &= self.large != main
            cap = weaker & (mass < self.mass[main] / 2) & (across < reach / 2) & (down < reach)
            stroke = weaker & (across < 0) & (down < reach / 2)
            yield [int(main)]
            if cap.any():
                yield [int(main), *self.large[cap].tolist()]
            if (stroke & ~cap).any():
                yield [int(main), *self.large[stroke].tolist()]

    def box(self, parts: list[int]) -> Box:
        """The box around some components."""
        if len(parts) == 1:
            x, y, width, height = self.boxes[parts[0]].tolist()
            return (x, y, width, height)
        left, top = self.boxes[parts, :2].min(axis=0).tolist()
        right, bottom = (self.boxes[parts, :2] + self.boxes[parts, 2:]).max(axis=0).tolist()
        return (left, top, right - left, bottom - top)

    def key(self, parts: list[int]) -> tuple[int, ...]:
        """Equal for what is the same digit at another threshold: a box in steps of an eighth of its
        larger side, and how many parts it has, as a power of 2."""
        box = self.box(parts)
        step = max(2, max(box[2:]) / 8)
        return (*(round(value / step) for value in box), len(parts).bit_length())


def find_components(ink: Ink) -> list[Components]:
    """The components at each threshold, with ruled lines and without; each mask once."""
    plain = without_lines(ink.level) if ink.roomy else None
    layers = []
    for level in (ink.level,) if plain is None else (ink.level, plain):
        inked = 0
        for fraction in THRESHOLDS:
            _, mask = cv2.threshold(level, 255 * fraction, 1, cv2.THRESH_BINARY)
            count = cv2.countNonZero(mask)
            if 255 * fraction > ink.floor and count not in (0, inked):
                layers.append(_components(ink, level, np.asarray(mask, np.uint8)))
            inked = count
    return layers


def _components(source: Ink, level: NDArray[np.uint8], mask: NDArray[np.uint8]) -> Components:
    x, y, width, height = cv2.boundingRect(mask)  # often far smaller than the picture
    inked = np.s_[y : y + height, x : x + width]
    count, within, stats, _ = cv2.connectedComponentsWithStats(mask[inked], connectivity=8)
    labels = np.zeros(mask.shape, np.int32)
    labels[inked] = within
    stats[:, :2] += (x, y)
    mass = np.bincount(within.ravel(), level[inked].ravel(), minlength=count) / 255
    large = np.flatnonzero(stats[1:, 2:4].max(axis=1) >= SMALLEST) + 1
    ranked = large[np.argsort(-mass[large], kind="stable")][:MOST]
    boxes = np.asarray(stats[:, :4], np.int32)
    return Components(source, level, labels, boxes, mass, ranked)


def _cut_out(components: Components, parts: list[int]) -> Candidate:
    x, y, width, height = box = components.box(parts)
    window = np.s_[max(y - SOFT, 0) : y + height + SOFT, max(x - SOFT, 0) : x + width + SOFT]
    around, darkness = components.labels[window], components.level[window]
    is_part = np.zeros(len(components.boxes), np.uint8)
    is_part[parts] = 1
    own = is_part[around]
    square = np.ones((2 * SOFT + 1,) * 2, np.uint8)
    grown = np.asarray(cv2.dilate(own, square), np.uint8)
    rim, outer = own - cv2.erode(own, square), grown - own
    contrast = cv2.mean(darkness, mask=rim if rim.any() else own)[0]
    contrast -= cv2.mean(darkness, mask=outer)[0]
    is_part[0] = 1  # the soft edge lies on paper
    return Candidate(
        box=box,
        ink=np.asarray(darkness * (grown & is_part[around]), np.uint8),
        mass=float(components.mass[parts].sum()),
        contrast=min(max(contrast / 255, 0.01), 1.0),
        source=components.source,
    )
