"""Ruled lines that cross → the grids of a page, and the cells that digits stand in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digits.geometry import Boxes, centres, quantile, sizes
from digits.reading.page.rules import Rules, find_rules, in_order

LARGEST = 2.0  # sizes of a digit, of what may be one: whole cells look like one too
REACH = 1.0  # sizes of a digit, by which rules that cross may end too early
MOST = 0.6  # fraction of the rules of the other direction, that each rule of a grid crosses
INNER = 0.45  # of a digit's width or height, from its middle: a rule there goes through it
STROKES = 0.5  # digits that a rule goes through, for each rule that it crosses: it is their strokes
DOUBLE = 0.8  # sizes of a digit, between two rules that are one: a double or a broad line
CORE = 0.25  # of a digit's width or height, from its middle: a rule there does not part digits
CROSSED = 0.4  # fraction of the digits of a table that rules may go through
SQUARE = 1.2  # width over height of the cells of squared paper, or the inverse, at most
PART = 0.3  # of a cell, beyond the outer rules of squared paper on two sides together
FULL = 0.8  # fraction of the cells that are written in, from which on it is a table nevertheless


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

    def extents(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(R,) heights of its rows and (C,) widths of its columns."""
        x, y = _crossings(self.lying, self.standing)
        return np.median(np.diff(y, axis=0), axis=1), np.median(np.diff(x, axis=1), axis=0)

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
    usual = candidates[candidates[:, 2:].max(axis=1) < LARGEST * size]
    lying, standing = find_rules(grey, usual, size)
    meet = _that_meet(lying, standing, REACH * size)
    across, down = _through(lying, boxes), _through(standing, boxes[:, [1, 0, 3, 2]])
    is_crossed = np.asarray(across.any(axis=0) | down.any(axis=0), bool)
    meet &= (across.sum(axis=1) <= STROKES * meet.sum(axis=1))[:, None]
    meet &= down.sum(axis=1) <= STROKES * meet.sum(axis=0)
    grids = [
        Grid(_single(lying.take(rows), size), _single(standing.take(columns), size), size)
        for rows, columns in _groups(meet)
    ]
    return [grid for grid in grids if _is_table(grid, boxes, is_crossed, grey.shape)]


def _through(rules: Rules, boxes: Boxes) -> NDArray[np.bool_]:
    """(N, M) whether each lying rule goes through each digit, with boxes (M, 4)."""
    along, across = centres(boxes).T
    is_there = (rules.start[:, None] < along) & (along < rules.end[:, None])
    return np.asarray(is_there & (np.abs(rules.at(along) - across) < INNER * boxes[:, 3]))


def _groups(meet: NDArray[np.bool_]) -> list[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
    """Lying rules (R,) and standing ones (C,) of each grid. meet: (R, C) which ones cross."""
    rest, groups = meet.copy(), []
    while rest.any():
        seed = int(rest.any(axis=1).argmax())
        rows = np.arange(len(rest)) == seed
        while (grown := rest[:, rest[rows].any(axis=0)].any(axis=1)).sum() > rows.sum():
            rows = np.asarray(grown, bool)
        rows, columns = _mutual(rest, rows, np.asarray(rest[rows].any(axis=0)))
        if rows.any():
            groups.append((rows, columns))
        rest[rows], rest[:, columns], rest[seed] = False, False, False
    return groups


def _mutual(
    meet: NDArray[np.bool_], rows: NDArray[np.bool_], columns: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Those of some rules of which each crosses most of the others: the one that crosses fewest
    goes, until there is none."""
    rows, columns = rows.copy(), columns.copy()
    while rows.any() and columns.any():
        lying = np.where(rows, meet[:, columns].mean(axis=1), 1.0)
        standing = np.where(columns, meet[rows].mean(axis=0), 1.0)
        if min(lying.min(), standing.min()) >= MOST:
            return rows, columns
        if lying.min() <= standing.min():
            rows[lying.argmin()] = False
        else:
            columns[standing.argmin()] = False
    return np.zeros_like(rows), np.zeros_like(columns)


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


def _single(rules: Rules, size: float) -> Rules:
    """Rules in their order across, of any that lie close together the longest."""
    middle = np.array([np.average((rules.start + rules.end) / 2, weights=rules.length)])
    place = rules.at(middle)[:, 0]
    kept: list[int] = []
    for index in np.argsort(-rules.length, kind="stable").tolist():
        if not kept or np.abs(place[kept] - place[index]).min() > DOUBLE * size:
            kept.append(index)
    return rules.take(np.array(kept)[np.argsort(place[kept])])


def _is_table(
    grid: Grid, boxes: Boxes, is_crossed: NDArray[np.bool_], shape: tuple[int, ...]
) -> bool:
    """Whether a grid has two rows and columns, in which digits stand rather than across its lines,
    and is no squared paper. is_crossed: (N,) whether any rule goes through each digit."""
    if len(grid.lying) < 2 or len(grid.lying) + len(grid.standing) < 4:
        return False
    cell = grid.cells(centres(boxes))
    inside = ((cell > 0) & (cell < (len(grid.lying), len(grid.standing)))).all(axis=1)
    if is_crossed[inside if inside.any() else slice(None)].mean() > CROSSED:
        return False
    return not _is_squared_paper(grid, len(np.unique(cell[inside], axis=0)), shape)


def _is_squared_paper(grid: Grid, written: int, shape: tuple[int, ...]) -> bool:
    """Whether a grid has square cells, some empty, and runs out of the page at parts of them."""
    if len(grid.lying) < 2 or len(grid.standing) < 2:
        return False
    x, y = _crossings(grid.lying, grid.standing)
    wide, high = float(np.median(np.diff(x, axis=1))), float(np.median(np.diff(y, axis=0)))
    left, right = float(np.median(grid.lying.start)), float(np.median(grid.lying.end))
    top, bottom = float(np.median(grid.standing.start)), float(np.median(grid.standing.end))
    is_square = 1 / SQUARE < wide / high < SQUARE
    runs_out = max(left, shape[1] - right, top, shape[0] - bottom) < REACH * grid.size
    beyond_x = float(np.median(x[:, 0])) - left + right - float(np.median(x[:, -1]))
    beyond_y = float(np.median(y[0])) - top + bottom - float(np.median(y[-1]))
    is_cut = beyond_x > PART * wide and beyond_y > PART * high
    cells = (len(grid.lying) - 1) * (len(grid.standing) - 1)
    return is_square and runs_out and is_cut and written < FULL * cells
