"""Ruled lines that cross → the grids of a page, and the cells that digits stand in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digits.geometry import Boxes, centres, quantile, sizes
from digits.reading.page.rules import Rules, find_rules, in_order

REACH = 1.0  # sizes of a digit, by which rules that cross may end too early
WHOLE = 0.5  # of the length of the long rules of a grid, that each of them has
DOUBLE = 0.8  # sizes of a digit, between two rules that are one: a double or a broad line
CORE = 0.25  # of a digit's width or height, from its middle: a rule there does not part digits
CROSSED = 0.4  # fraction of the digits of a table that a rule may cross in the middle
SQUARE = 1.2  # width over height of the cells of squared paper, or the inverse, at most
SPARSE = 0.3  # fraction of the squares of squared paper that are written in, at most


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Rules that cross: the lying ones from top to bottom, the standing ones from left to right.
    size: of a digit in pixels."""

    lying: Rules
    standing: Rules
    size: float

    def cells(self, points: NDArray[np.float64]) -> NDArray[np.intp]:
        """(N, 2) row and column of points (N, 2), x and y: how many rules are above and left of
        each; (0, 0) is before the first of both."""
        x, y = points.T
        row, column = (self.lying.at(x) < y).sum(axis=0), (self.standing.at(y) < x).sum(axis=0)
        return np.stack([row, column], 1)

    def parts(self, boxes: Boxes, others: Boxes) -> NDArray[np.bool_]:
        """(N,) whether a standing rule goes between each box (N, 4) and the other to its right,
        rather than through one of them."""
        (x, y), (right, _) = centres(boxes).T, centres(others).T
        place = self.standing.at(y)
        room = CORE * boxes[:, 3]
        is_there = (self.standing.start[:, None] <= y + room) & (
            y - room <= self.standing.end[:, None]
        )
        is_between = (x + CORE * boxes[:, 2] < place) & (place < right - CORE * others[:, 2])
        return np.asarray((is_there & is_between).any(axis=0))

    def with_ends(self) -> tuple[Grid, NDArray[np.bool_], NDArray[np.bool_]]:
        """The grid with boundaries where rules end that stick out of the others, as in a table
        without a frame; and of its rows and of its columns, which ones are at such an end."""
        lying, rows = _with_ends(self.lying, self.standing, REACH * self.size)
        standing, columns = _with_ends(self.standing, self.lying, REACH * self.size)
        return Grid(lying, standing, self.size), rows, columns

    def inner_boxes(self, inset: float) -> NDArray[np.float64]:
        """(R, C, 4) left, top, right and bottom of what lies within each cell, further in
        by a fraction of its width and height."""
        x, y = _crossings(self.lying, self.standing)
        left, right = np.maximum(x[:-1, :-1], x[1:, :-1]), np.minimum(x[:-1, 1:], x[1:, 1:])
        top, bottom = np.maximum(y[:-1, :-1], y[:-1, 1:]), np.minimum(y[1:, :-1], y[1:, 1:])
        wide, high = inset * (right - left), inset * (bottom - top)
        return np.stack([left + wide, top + high, right - wide, bottom - high], axis=-1)


def _with_ends(rules: Rules, others: Rules, least: float) -> tuple[Rules, NDArray[np.bool_]]:
    """Rules with a boundary before and behind them where the others end, by `least` pixels or more;
    and for each space between two of them, whether it is at such an end."""
    first, last = np.diagonal(others.at(others.start)), np.diagonal(others.at(others.end))
    before = float(np.median(others.start - rules.at(first)[0]))
    after = float(np.median(others.end - rules.at(last)[-1]))
    parts, is_end = [rules], [False] * (len(rules) - 1)
    if before < -least:
        parts, is_end = [rules.shifted(0, before), *parts], [True, *is_end]
    if after > least:
        parts, is_end = [*parts, rules.shifted(-1, after)], [*is_end, True]
    return in_order(parts), np.array(is_end)


def find_grids(grey: NDArray[np.uint8], boxes: Boxes, candidates: Boxes) -> list[Grid]:
    """The grids of a page (H, W) uint8 that its digits, with boxes (N, 4), stand in; squared paper
    is none. candidates: (M, 4) boxes of all that looked like a digit, letters too."""
    if len(boxes) < 2:
        return []
    size = quantile(sizes(boxes), 0.5)
    lying, standing = find_rules(grey, candidates, size)
    return [grid for grid in _grids(lying, standing, size) if _holds(grid, boxes, grey.shape)]


def _grids(lying: Rules, standing: Rules, size: float) -> list[Grid]:
    """Rules in groups of those that cross, directly or by others, with two rows and columns."""
    meet = _that_meet(lying, standing, REACH * size)
    grids, free = [], np.asarray(meet.any(axis=1), bool)
    while free.any():
        rows = np.arange(len(lying)) == free.argmax()
        while (grown := meet[:, meet[rows].any(axis=0)].any(axis=1)).sum() > rows.sum():
            rows = np.asarray(grown, bool)
        free &= ~rows
        own, others = lying.take(rows), standing.take(meet[rows].any(axis=0))
        grid = Grid(_single(_long(own), size), _single(_long(others), size), size)
        if len(grid.lying) + len(grid.standing) >= 4 and len(grid.lying) >= 2:
            grids.append(grid)
    return grids


def _that_meet(lying: Rules, standing: Rules, reach: float) -> NDArray[np.bool_]:
    """(R, C) whether each of R lying rules crosses each of C standing ones."""
    x, y = _crossings(lying, standing)
    is_on_lying = (x >= lying.start[:, None] - reach) & (x <= lying.end[:, None] + reach)
    return is_on_lying & (y >= standing.start - reach) & (y <= standing.end + reach)


def _crossings(lying: Rules, standing: Rules) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(R, C) x and (R, C) y where rules meet: found by going to and fro between them, which are
    nearly perpendicular."""
    y = np.broadcast_to((standing.start + standing.end) / 2, (len(lying), len(standing)))
    for _ in range(3):
        x = standing.at(y.T).T
        y = lying.at(x)
    return x, y


def _long(rules: Rules) -> Rules:
    """Those that are long enough to part cells all over a grid."""
    return rules.take(rules.length >= WHOLE * quantile(rules.length, 0.9))


def _single(rules: Rules, size: float) -> Rules:
    """Rules in their order across, of any that lie close together the longest."""
    middle = np.array([np.average((rules.start + rules.end) / 2, weights=rules.length)])
    place = rules.at(middle)[:, 0]
    kept: list[int] = []
    for index in np.argsort(-rules.length, kind="stable").tolist():
        if not kept or np.abs(place[kept] - place[index]).min() > DOUBLE * size:
            kept.append(index)
    return rules.take(np.array(kept)[np.argsort(place[kept])])


def _holds(grid: Grid, boxes: Boxes, shape: tuple[int, ...]) -> bool:
    """Whether digits stand in the cells of a grid, as in a table, and it is no squared paper."""
    cell = grid.cells(centres(boxes))
    inside = ((cell > 0) & (cell < (len(grid.lying), len(grid.standing)))).all(axis=1)
    some = boxes[inside] if inside.any() else boxes
    low = centres(some) - CORE * some[:, 2:]
    high = centres(some) + CORE * some[:, 2:]
    is_crossed = (grid.cells(low) != grid.cells(high)).any(axis=1)
    if is_crossed.mean() > CROSSED:
        return False
    return not _is_squared_paper(grid, len(np.unique(cell[inside], axis=0)), shape)


def _is_squared_paper(grid: Grid, written: int, shape: tuple[int, ...]) -> bool:
    """Whether a grid has square cells, few of them written in, and runs out of the page."""
    if len(grid.lying) < 2 or len(grid.standing) < 2:
        return False
    x, y = _crossings(grid.lying, grid.standing)
    wide, high = float(np.median(np.diff(x, axis=1))), float(np.median(np.diff(y, axis=0)))
    is_square = 1 / SQUARE < wide / high < SQUARE
    runs_out = x.min() < wide and x.max() > shape[1] - wide
    runs_out &= y.min() < high and y.max() > shape[0] - high
    cells = (len(grid.lying) - 1) * (len(grid.standing) - 1)
    return bool(is_square and runs_out and written < SPARSE * cells)
