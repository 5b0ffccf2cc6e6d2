"""Ruled lines of a page, found by their length: also broken, faint, leaning and bent ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from digits.geometry import Boxes, centres, quantile

DIGIT = 16  # pixels of a digit in the picture that rules are looked for in, at most
LONGEST = 1600  # pixels of its longest side, at most
SMOOTH = 0.5  # sizes of a digit, along which the picture is averaged: grain goes, a rule stays
THICKEST = 0.3  # sizes of a digit, of a rule
FAINTEST = 4  # levels by which a rule is darker than the paper beside it …
ABOVE_GRAIN = 3  # … and how many times as much as is usual on the page
RUN = 2  # sizes of a digit, over which a rule runs without a break; strokes are shorter
BREAK = 3  # sizes of a digit, of a break in a rule
CORE = 0.4  # of a digit's width or height, from its middle: what is there is no rule
CLOSE = 0.5  # fraction of a rule on both sides of which it is as dark; a line of words is no rule
SAME = 0.45  # sizes of a digit, by which pieces of one rule are off its course
SHORTEST = 3.5  # sizes of a digit, of a rule
COVERED = 0.8  # fraction of a rule without its breaks …
FREE = 0.4  # … which is known where no digit is on it: of so large a fraction at least
BENT = 12  # sizes of a digit, from which length on the bend of a rule is known
MOST = 300  # pieces of rules that are looked at, the longest ones


@dataclass(frozen=True, slots=True, eq=False)
class Rules:
    """N ruled lines of one direction, in pixels of the page.

    Lying ones go along x and are somewhere across, in y; standing ones go along y. start, end:
    (N,) along. bend: (N, 3) coefficients of the polynomial from along to across, the highest power
    first.
    """

    start: NDArray[np.float64]
    end: NDArray[np.float64]
    bend: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.start)

    @property
    def length(self) -> NDArray[np.float64]:
        """(N,)."""
        return self.end - self.start

    def take(self, index: NDArray[np.intp] | NDArray[np.bool_]) -> Rules:
        """Some of them, by index or mask."""
        return Rules(self.start[index], self.end[index], self.bend[index])

    def enlarged(self, scale: float) -> Rules:
        """The same of a picture that is `scale` times as large."""
        square, slope, shift = self.bend.T
        shift = (
            shift + (1 - slope) / 2
        ) * scale - 0.5  # pixels have their middles at whole numbers
        bend = np.stack([square / scale, slope, shift], 1)
        return Rules(self.start * scale, self.end * scale, bend)

    def shifted(self, index: int, across: float) -> Rules:
        """One of them alone, moved across."""
        one = self.take(np.array([index]))
        return replace(one, bend=one.bend + np.array([0.0, 0.0, across]))

    def at(self, along: NDArray[np.float64]) -> NDArray[np.float64]:
        """(N, M) where each is across at `along`, (M,) or (N, M); beyond its ends it goes straight
        on."""
        near = np.clip(along, self.start[:, None], self.end[:, None])
        square, slope, shift = self.bend.T[..., None]
        across = (square * near + slope) * near + shift
        return np.asarray(across + (along - near) * (2 * square * near + slope), np.float64)


NONE = Rules(np.zeros(0), np.zeros(0), np.zeros((0, 3)))
Points = NDArray[np.float64]  # (N, 2) x and y


def in_order(parts: Sequence[Rules]) -> Rules:
    """Rules of one direction, one part after the other."""
    return Rules(
        np.concatenate([each.start for each in parts]),
        np.concatenate([each.end for each in parts]),
        np.concatenate([each.bend for each in parts]),
    )


def find_rules(grey: NDArray[np.uint8], boxes: Boxes, size: float) -> tuple[Rules, Rules]:
    """The lying and the standing rules of a page (H, W) uint8, darker than it. boxes: (N, 4) of
    digits and letters, whose strokes are no rules. size: of a digit in pixels, the measure of what
    is long."""
    scale = min(1.0, DIGIT / size, LONGEST / max(grey.shape))
    extent = [max(1, round(side * scale)) for side in grey.shape[::-1]]
    small = np.asarray(cv2.resize(grey, extent, interpolation=cv2.INTER_AREA), np.uint8)
    low, high = centres(boxes) - CORE * boxes[:, 2:], centres(boxes) + CORE * boxes[:, 2:]
    cores = np.rint(np.concatenate([low, high], axis=1) * scale).astype(int).clip(0)
    lying = _lying(small, cores, size * scale)
    standing = _lying(np.ascontiguousarray(small.T), cores[:, [1, 0, 3, 2]], size * scale)
    return lying.enlarged(1 / scale), standing.enlarged(1 / scale)


def _lying(picture: NDArray[np.uint8], cores: NDArray[np.int_], size: float) -> Rules:
    """The lying rules of a picture (H, W) uint8. cores: (N, 4) left, top, right and bottom of what
    is within digits of this size."""
    dark = _thin(picture, size)
    is_free = np.ones(dark.shape, np.uint8)
    for left, top, right, bottom in cores.tolist():
        is_free[top:bottom, left:right] = 0
    dark &= is_free
    run = np.ones((1, max(8, round(RUN * size))), np.uint8)
    pieces = _pieces(np.asarray(cv2.morphologyEx(dark, cv2.MORPH_OPEN, run), np.uint8))
    courses = (_rule(points, size) for points in _joined(pieces, size))
    rules = (_whole(each, size, dark, is_free) for each in courses)
    return in_order([NONE, *(each for each in rules if each is not None)])


def _thin(picture: NDArray[np.uint8], size: float) -> NDArray[np.uint8]:
    """(H, W) 1 where there is a thin dark lying line, and beside it."""
    along, across = max(3, round(SMOOTH * size)), 2 * max(2, round(THICKEST * size)) + 1
    smooth = cv2.blur(picture, (along, 1))
    # beyond the border goes on what is there, or a dark margin of the picture would be a line
    smooth = cv2.copyMakeBorder(smooth, across, across, 0, 0, cv2.BORDER_REPLICATE)
    darker = cv2.morphologyEx(smooth, cv2.MORPH_BLACKHAT, np.ones((across, 1), np.uint8))
    darker = darker[across:-across]
    level = max(FAINTEST, ABOVE_GRAIN * quantile(darker, 0.5))
    thin = cv2.dilate((darker > level).astype(np.uint8), np.ones((3, 1), np.uint8))
    return np.asarray(thin, np.uint8)


def _pieces(mask: NDArray[np.uint8]) -> list[Points]:
    """The middles (N, 2) of each connected part of a mask, x and y, one for each of its columns;
    the longest parts first."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    order = np.argsort(-stats[1:count, cv2.CC_STAT_WIDTH], kind="stable")[:MOST] + 1
    pieces = []
    for index in order.tolist():
        x, y, wide, high, _ = stats[index].tolist()
        part = labels[y : y + high, x : x + wide] == index
        middle = (part * np.arange(high)[:, None]).sum(axis=0) / part.sum(axis=0)
        pieces.append(np.stack([x + np.arange(wide), y + middle], 1).astype(np.float64))
    return pieces


def _joined(pieces: list[Points], size: float) -> list[Points]:
    """Pieces that go on in each other's direction, as one."""
    joined, rest = [], list(pieces)
    while rest:
        points = rest.pop(0)
        while (index := _next(points, rest, size)) is not None:
            points = np.concatenate([points, rest.pop(index)])
        joined.append(points)
    return joined


def _next(points: Points, rest: list[Points], size: float) -> int | None:
    """Which of the other pieces lies nearest on the course of one, or None."""
    if not rest:
        return None
    rule = _rule(points, size)
    ends = np.array([[each[0, 0], each[-1, 0]] for each in rest])
    gap = np.maximum(ends[:, 0] - rule.end[0], rule.start[0] - ends[:, 1])
    near = np.flatnonzero(gap <= BREAK * size)
    if not len(near):
        return None
    x, y = np.array([rest[index].mean(axis=0) for index in near.tolist()]).T
    on = near[np.abs(y - rule.at(x)[0]) <= SAME * size]
    return int(on[gap[on].argmin()]) if len(on) else None


def _rule(points: Points, size: float) -> Rules:
    """The parabola through points, or the straight line through few."""
    x, y = points.T
    degree = 2 if np.ptp(x) > BENT * size else 1
    bend = np.concatenate([np.zeros(2 - degree), np.polyfit(x, y, degree)])
    return Rules(x.min()[None], x.max()[None], bend[None])


def _whole(
    rule: Rules, size: float, dark: NDArray[np.uint8], is_free: NDArray[np.uint8]
) -> Rules | None:
    """A rule as far as it goes on; None if it is short, or has many breaks where no digit is.

    dark: (H, W) 1 where there is a thin line. is_free: (H, W) 1 where there is no digit.
    """
    x = np.arange(dark.shape[1])
    y = rule.at(x.astype(float))[0].round().astype(int).clip(0, len(dark) - 1)
    seen, known = (np.concatenate([[0], each[y, x].cumsum()]) for each in (dark, is_free))
    start, end = round(float(rule.start[0])), round(float(rule.end[0]))
    before = seen[start] - seen[:start] >= COVERED * np.maximum(known[start] - known[:start], 1)
    after = seen[end:] - seen[end] >= COVERED * np.maximum(known[end:] - known[end], 1)
    start = int(before.argmax()) if before.any() else start
    end += int(np.flatnonzero(after)[-1]) if after.any() else 0
    length, free = end - start, known[end] - known[start]
    if length < SHORTEST * size or free < FREE * length:
        return None
    if seen[end] - seen[start] < COVERED * free:
        return None
    off = round(THICKEST * size) + 2
    rows = ((y + step).clip(0, len(dark) - 1) for step in (-off, off))
    if min(dark[row, x][start:end].mean() for row in rows) >= CLOSE:
        return None
    return Rules(np.array([float(start)]), np.array([float(end)]), rule.bend)
