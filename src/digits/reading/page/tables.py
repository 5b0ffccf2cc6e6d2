"""Numbers of a page → the tables that they stand in: ruled ones, and columns that are aligned."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from digits.geometry import centres
from digits.io.number import Number, box_around
from digits.io.result import Table
from digits.reading.page.aligned import aligned_tables
from digits.reading.page.grid import Grid

FEWEST = 4  # numbers of a ruled table
CROWDED = 0.3  # fraction of the cells with numbers that hold several, from which on rules are no …
BESIDE = 0.5  # fraction of a row or column that no rule closes, that holds numbers
LIKE_INK = 0.5  # of the usual deviation of grey in a cell with a number, that of one with a word
HEADING = 0.4  # fraction of the cells of a heading that hold words
INSET = 0.15  # of a cell's width and height: rules, and what reaches in from other cells


def find_tables(
    rows: Sequence[Sequence[Number]], grids: Sequence[Grid], grey: NDArray[np.uint8]
) -> list[Table]:
    """The tables of a page (H, W) uint8, from top to bottom. rows: its numbers in reading order."""
    tables, used = [], set()
    numbers = [number for row in rows for number in row]
    for grid in grids:
        table = ruled_table([n for n in numbers if id(n) not in used], grid, grey)
        if table is not None:
            tables.append(table)
            used |= {id(number) for row in table.rows for number in row}
    rest = [[number for number in row if id(number) not in used] for row in rows]
    tables += aligned_tables([row for row in rest if row])
    return sorted(tables, key=lambda each: each.box[1])


def ruled_table(numbers: Sequence[Number], grid: Grid, grey: NDArray[np.uint8]) -> Table | None:
    """The table that numbers stand in by the rules of a grid; None where they do not."""
    whole, *are_ends = grid.with_ends()
    cells = _in_cells(numbers, whole)
    held = [each for row in cells for each in row if each]
    if len(held) < FEWEST or sum(len(each) > 1 for each in held) > CROWDED * len(held):
        return None
    is_filled = np.array([[bool(each) for each in row] for row in cells])
    rows, columns = _kept(is_filled, _inked(is_filled, whole, grey), *are_ends)
    kept = tuple(tuple(_largest(cells[r][c]) for c in columns) for r in rows)
    boxes = [number.box for row in kept for number in row if number]
    if len(rows) < 2 or len(columns) < 2 or len(boxes) < FEWEST:
        return None
    return Table(kept, box_around(boxes), is_ruled=True)


def _in_cells(numbers: Sequence[Number], grid: Grid) -> list[list[list[Number]]]:
    """The numbers in each cell of a grid."""
    rows, columns = len(grid.lying) - 1, len(grid.standing) - 1
    found: list[list[list[Number]]] = [[[] for _ in range(columns)] for _ in range(rows)]
    middle = centres(np.array([number.box for number in numbers]).reshape(-1, 4))
    for number, (row, column) in zip(numbers, (grid.cells(middle) - 1).tolist(), strict=True):
        if 0 <= row < rows and 0 <= column < columns:
            found[row][column].append(number)
    return found


def _largest(numbers: Sequence[Number]) -> Number | None:
    """The number of a cell: the one with the most digits, then the surest."""
    return max(numbers, key=lambda each: (len(each.digits), each.confidence), default=None)


def _kept(
    is_filled: NDArray[np.bool_],
    has_ink: NDArray[np.bool_],
    rows_at_end: NDArray[np.bool_],
    columns_at_end: NDArray[np.bool_],
) -> tuple[list[int], list[int]]:
    """The rows and columns of a table (R, C): without headings and, where no rule closes them,
    without those that are nearly empty."""
    inner = is_filled[~rows_at_end]
    columns = np.flatnonzero(~columns_at_end | (inner.mean(axis=0) >= BESIDE)).tolist()
    inner = is_filled[:, columns]
    rows = np.flatnonzero(~rows_at_end | (inner.mean(axis=1) >= BESIDE)).tolist()
    rows = _without_words(rows, is_filled[:, columns], has_ink[:, columns])
    return rows, _without_words(columns, is_filled[rows].T, has_ink[rows].T)


def _without_words(
    lines: list[int], is_filled: NDArray[np.bool_], has_ink: NDArray[np.bool_]
) -> list[int]:
    """Rows (or columns) without those of words: any without numbers, and the outer ones with few.

    is_filled: (R, C) whether a cell holds a number. has_ink: whether it holds anything.
    """
    numbers, words = is_filled.sum(axis=1), (has_ink & ~is_filled).sum(axis=1)
    is_heading = words >= np.maximum(numbers, HEADING * is_filled.shape[1])
    kept = [line for line in lines if numbers[line] or not is_heading[line]]
    for end in (0, -1):
        while kept and is_heading[kept[end]]:
            kept.pop(end)
    return kept


def _inked(is_filled: NDArray[np.bool_], grid: Grid, grey: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """(R, C) whether there is ink in each cell, as much as in those with a number."""
    boxes = grid.inner_boxes(INSET)
    spread = np.array([[_deviation(grey, box) for box in row] for row in boxes.tolist()])
    return np.asarray(spread > LIKE_INK * np.median(spread[is_filled]))


def _deviation(grey: NDArray[np.uint8], box: Sequence[float]) -> float:
    """The standard deviation of grey in a box: left, top, right, bottom."""
    left, top, right, bottom = (max(0, round(each)) for each in box)
    part = grey[top:bottom, left:right]
    return float(part.std()) if part.size else 0.0
