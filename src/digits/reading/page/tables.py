"""Numbers of a page → the tables that they stand in: ruled ones, and columns that are aligned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from digits.geometry import centres, quantile
from digits.io.number import Number, box_around
from digits.io.result import Table
from digits.reading.page.aligned import aligned_tables
from digits.reading.page.grid import Grid

FEWEST = 4  # numbers of a ruled table
CROWDED = 0.3  # fraction of the cells with numbers that hold several, from which on rules are no …
ENOUGH = 0.95  # of the numbers that are aligned, in the cells of rules; else many rules are missed
MARGIN = 1.5  # times the usual height of a row, or width of a column, is no part of a table
BESIDE = 0.25  # fraction of a row or column that no rule closes, that holds numbers
FAINT = 0.1  # of the contrast of the numbers, that of a word beside them or in their place
PEN = 0.05  # fraction of the pixels of a number that are its ink, at least
TAIL = 0.03  # fraction of the pixels of a cell that are darker in it, if it holds a word
AROUND = 0.15  # of a number's height: what is so near to it is its own
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
    if grids:
        aligned = aligned_tables(rows)
        if _held(tables) < ENOUGH * _held(aligned):
            tables = aligned
    return sorted(tables, key=lambda each: each.box[1])


def _held(tables: Sequence[Table]) -> int:
    """How many numbers stand in tables."""
    return sum(len(table.numbers) for table in tables)


def ruled_table(numbers: Sequence[Number], grid: Grid, grey: NDArray[np.uint8]) -> Table | None:
    """The table that numbers stand in by the rules of a grid; None where they do not."""
    whole, *are_ends = grid.with_ends()
    cells = _in_cells(numbers, whole)
    held = [each for row in cells for each in row if each]
    if len(held) < FEWEST or sum(len(each) > 1 for each in held) > CROWDED * len(held):
        return None
    is_filled = np.array([[bool(each) for each in row] for row in cells])
    has_words = _with_words(cells, whole, grey)
    high, wide = whole.extents()
    has_words |= _is_margin(np.asarray(is_filled.any(axis=1)), high)[:, None]
    has_words |= _is_margin(np.asarray(is_filled.any(axis=0)), wide)
    rows, columns = _kept(is_filled, has_words, *are_ends)
    kept = tuple(tuple(_largest(cells[r][c]) for c in columns) for r in rows)
    boxes = [number.box for row in kept for number in row if number]
    if len(rows) < 2 or len(columns) < 2 or len(boxes) < FEWEST:
        return None
    return Table(kept, box_around(boxes), is_ruled=True)


def _is_margin(is_filled: NDArray[np.bool_], extent: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(R,) which rows, or columns, are the margin of a page rather than cells: empty and large.

    is_filled: (R,) whether any of its cells holds a number. extent: (R,) its height or width.
    """
    return np.asarray(~is_filled & (extent > MARGIN * np.median(extent[is_filled])))


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
    has_words: NDArray[np.bool_],
    rows_at_end: NDArray[np.bool_],
    columns_at_end: NDArray[np.bool_],
) -> tuple[list[int], list[int]]:
    """The rows and columns of a table (R, C): without headings and, where no rule closes them,
    without those that are nearly empty."""
    inner = is_filled[~rows_at_end]
    columns = np.flatnonzero(~columns_at_end | (inner.mean(axis=0) >= BESIDE)).tolist()
    inner = is_filled[:, columns]
    rows = np.flatnonzero(~rows_at_end | (inner.mean(axis=1) >= BESIDE)).tolist()
    rows = _without_words(rows, is_filled[:, columns], has_words[:, columns])
    return rows, _without_words(columns, is_filled[rows].T, has_words[rows].T)


def _without_words(
    lines: list[int], is_filled: NDArray[np.bool_], has_words: NDArray[np.bool_]
) -> list[int]:
    """Rows (or columns) without those of words: any without numbers, and the outer ones with few.

    is_filled: (R, C) whether a cell holds a number. has_words: whether there is other ink in it.
    """
    numbers, words = (is_filled & ~has_words).sum(axis=1), has_words.sum(axis=1)
    is_heading = words >= np.maximum(numbers, HEADING * is_filled.shape[1])
    for _ in range(2):  # from the first on, and from the last
        lines = _behind_heading(lines, numbers, is_heading)[::-1]
    return [line for line in lines if numbers[line] or not is_heading[line]]


def _behind_heading(
    lines: list[int], numbers: NDArray[np.intp], is_heading: NDArray[np.bool_]
) -> list[int]:
    """Rows (or columns) without those of words they begin with, and empty ones beside these."""
    first = next((k for k, line in enumerate(lines) if numbers[line] and not is_heading[line]), 0)
    return lines[first:] if is_heading[lines[:first]].any() else lines


def _with_words(
    cells: Sequence[Sequence[Sequence[Number]]], grid: Grid, grey: NDArray[np.uint8]
) -> NDArray[np.bool_]:
    """(R, C) whether there is ink in each cell beside its numbers."""
    smooth = np.asarray(cv2.blur(grey, (3, 3)), np.uint8)
    boxes = [number.box for row in cells for cell in row for number in cell]
    numbers = [_pixels(smooth, (x, y, x + wide, y + high)) for x, y, wide, high in boxes]
    pen = float(np.median([_darker(each, PEN) for each in numbers]))
    is_free = np.ones(grey.shape, bool)
    for x, y, wide, high in boxes:
        room = round(AROUND * high)
        is_free[max(0, y - room) : y + high + room, max(0, x - room) : x + wide + room] = False
    found = np.zeros((len(cells), len(cells[0])), bool)
    for row, line in enumerate(grid.inner_boxes(INSET).tolist()):
        for column, box in enumerate(line):
            rest = _pixels(smooth, box)[_pixels(is_free, box)]
            found[row, column] = _darker(rest, TAIL) - _darker(~rest, TAIL) > FAINT * pen
    return found


def _pixels(picture: NDArray[Any], box: Sequence[float]) -> NDArray[Any]:
    """Those in a box: left, top, right, bottom."""
    left, top, right, bottom = (max(0, round(each)) for each in box)
    return picture[top:bottom, left:right]


def _darker(grey: NDArray[np.uint8], tail: float) -> float:
    """By how many levels a fraction of some pixels is darker than their median; 0 for none."""
    return quantile(grey, 0.5) - quantile(grey, tail) if grey.size else 0.0
