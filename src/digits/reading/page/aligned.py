"""Numbers that stand below each other without rules → the rows and columns of a table.

They are made straight (rows and columns lean together, or towards each other in a photo). The
boundaries between columns are then those that part most neighbours and cut fewest numbers, each
with evidence of its own: a dynamic program finds the best set of them. So it does between rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from digits.geometry import centres
from digits.io.number import Number, box_around
from digits.io.result import Table

FEWEST_ROWS, FEWEST_COLUMNS = 3, 2
FILLED = 0.3  # fraction of the rows in which a column has a number, at least
FULL = 0.6  # fraction of the cells of a table that hold a number, at least
ALONE = 0.75  # fraction of the numbers that are the only one of their cell, at least
APART = 2.5  # times the usual pitch of rows, from which on they are of two tables
BESIDE = 0.5  # of the smaller of two numbers, that is beside the other: they are neighbours
CORE = 0.25  # of a number's height, from its middle: rows of people's writing may touch
OUTLIER = 3  # times the median error of a slope, from which on two numbers are of different rows
LEAST = 0.5  # pairs that a boundary between rows parts: one is enough
TWICE = 1.5  # … between columns: two are
STRAIGHT = 0.07  # of the pitch of columns, by which numbers are off the course of theirs
FINE = 8  # positions of a boundary, for each height of a number …
PLACES = 1000  # … and on all of a table: their pairs are weighed

Places = NDArray[np.float64]  # (N,) along an axis, in pixels
Pairs = NDArray[np.intp]  # (M, 2) indices of two that follow each other along an axis


def aligned_tables(rows: Sequence[Sequence[Number]]) -> list[Table]:
    """The tables that numbers make, from top to bottom. rows: numbers in reading order."""
    tables = (_table([number for row in block for number in row]) for block in _blocks(rows))
    return [table for table in tables if table is not None]


def _blocks(rows: Sequence[Sequence[Number]]) -> Iterable[list[Sequence[Number]]]:
    """Rows in blocks, where gaps part them."""
    if len(rows) < FEWEST_ROWS:
        return []
    middle = np.array([np.mean([n.box[1] + n.box[3] / 2 for n in row]) for row in rows])
    pitch = np.diff(middle)
    ends = np.flatnonzero(pitch > APART * np.median(pitch)) + 1
    return (list(rows[a:b]) for a, b in pairwise([0, *ends.tolist(), len(rows)]))


def _table(numbers: Sequence[Number]) -> Table | None:
    """The table of a block of numbers, or None."""
    if len(numbers) < FEWEST_ROWS * FEWEST_COLUMNS:
        return None
    row, column, edges = _rows_and_columns(numbers)
    shape = (int(row.max()) + 1, int(column.max()) + 1)
    cells = np.full(shape, -1)
    cells[row[::-1], column[::-1]] = np.arange(len(numbers))[::-1]  # the first one of several
    cells = _without_sparse_ends(_without_sparse_ends(cells).T).T
    if cells.shape[1] < FEWEST_COLUMNS or not _is_table(cells >= 0, len(numbers)):
        return None
    if not _are_straight(edges, column):
        return None
    kept = tuple(tuple(numbers[k] if k >= 0 else None for k in line) for line in cells.tolist())
    return Table(kept, box_around([n.box for line in kept for n in line if n]), is_ruled=False)


def _is_table(is_filled: NDArray[np.bool_], count: int) -> bool:
    """Whether enough cells (R, C) hold one of `count` numbers, and enough rows more than one."""
    full_rows = int((is_filled.sum(axis=1) >= FEWEST_COLUMNS).sum())
    is_full = is_filled.sum() >= max(FULL * is_filled.size, ALONE * count)
    return bool(is_full and full_rows >= max(FEWEST_ROWS, FULL * len(is_filled)))


def _are_straight(edges: NDArray[np.float64], column: NDArray[np.intp]) -> bool:
    """Whether numbers stand below each other in their columns by their left sides, their middles
    or their right sides. edges: (3, N) of these, straightened."""
    parts = [edges[:, column == each] for each in np.unique(column)]
    place = [np.median(part, axis=1, keepdims=True) for part in parts]
    off = [
        np.median(np.abs(part - mid), axis=1).min() for part, mid in zip(parts, place, strict=True)
    ]
    pitch = np.diff([mid[1, 0] for mid in place]).mean()
    return bool(np.average(off, weights=[part.shape[1] for part in parts]) <= STRAIGHT * pitch)


def _without_sparse_ends(cells: NDArray[np.intp]) -> NDArray[np.intp]:
    """Cells (R, C) without first and last rows that hold few numbers: what was read of words."""
    is_full = (cells >= 0).mean(axis=1) >= FILLED
    if not is_full.any():
        return cells[:0]
    return cells[is_full.argmax() : len(cells) - is_full[::-1].argmax()]


def _rows_and_columns(
    numbers: Sequence[Number],
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """(N,) the row and (N,) the column of each number, from 0; and (3, N) its left side, middle
    and right side, straightened."""
    boxes = np.array([number.box for number in numbers], np.float64)
    (x, y), (wide, high) = centres(boxes).T, boxes[:, 2:].T
    size = float(np.median(high))
    straight_x, straight_y = x, y
    for _ in range(2):  # what is neighbours is known better where rows are straight
        beside = _neighbours(straight_x, straight_y, high)
        below = _neighbours(straight_y, straight_x, wide)
        straight_x = _straightened(x, y, _far(below, len(x)))
        straight_y = _straightened(y, x, _far(beside, len(x)))
    core = CORE * size
    row = _parted(straight_y - core, straight_y + core, _next(straight_y, 2 * core), size, LEAST)
    edges = straight_x + np.outer([-0.5, 0, 0.5], wide)
    return row, _parted(edges[0], edges[2], beside, size, TWICE), edges


def _neighbours(along: Places, across: Places, extent: Places) -> Pairs:
    """(M, 2) each item and the next one along that is beside it across, where `extent` is how far
    it reaches."""
    order = np.argsort(along, kind="stable")
    pairs = []
    for place, one in enumerate(order.tolist()):
        rest = order[place + 1 :]
        shared = (extent[one] + extent[rest]) / 2 - np.abs(across[one] - across[rest])
        is_beside = shared > BESIDE * np.minimum(extent[one], extent[rest])
        if is_beside.any():
            pairs.append((one, int(rest[is_beside.argmax()])))
    return np.array(pairs, np.intp).reshape(-1, 2)


def _far(pairs: Pairs, count: int) -> Pairs:
    """(M, 2) each of `count` items and the one so many neighbours on, that half of the pairs are
    left: the farther apart, the better is their slope known."""
    following = np.full(count + 1, count)  # the last one is none
    following[pairs[:, 0]] = pairs[:, 1]
    far = following
    while 2 * (following[far] < count).sum() >= len(pairs) > 0:
        far = following[far]
    first = np.flatnonzero(far < count)
    return np.stack([first, far[first]], axis=1)


def _next(place: Places, apart: float) -> Pairs:
    """(M, 2) each item and the first one behind it that is so far apart."""
    order = np.argsort(place, kind="stable")
    index = np.searchsorted(place[order], place + apart)
    first = np.flatnonzero(index < len(place))
    return np.stack([first, order[index[first]]], axis=1)


def _straightened(place: Places, along: Places, pairs: Pairs) -> Places:
    """(N,) where the row (or column) that a number at `place` stands in is halfway along. The
    slopes of all change evenly across the page. pairs: neighbours in one, some of them wrongly."""
    along = along - along.mean()
    first, second = pairs[along[pairs[:, 0]] != along[pairs[:, 1]]].T
    if len(first) < FEWEST_ROWS:
        return place
    step = along[second] - along[first]
    slope = (place[second] - place[first]) / step
    middle, height = (place[first] + place[second]) / 2, (along[first] + along[second]) / 2
    model, is_right = np.array([0.0, np.median(slope)]), np.ones(len(slope), bool)
    for _ in range(3):  # the first time with all: most of them may be of one column
        base = _halfway(middle, height, model)
        if np.ptp(base[is_right]) > 0:
            weight = np.sqrt(np.abs(step[is_right]))
            model = np.polyfit(base[is_right], slope[is_right], 1, w=weight)
        off = np.abs(slope - np.polyval(model, base))
        is_right = off <= OUTLIER * np.median(off)
    return _halfway(place, along, model)


def _halfway(place: Places, along: Places, model: NDArray[np.float64]) -> Places:
    """(N,) where lines through `place` at `along` are at 0 along. model: (2,) the slope of a line
    is the first times where it is at 0, plus the second."""
    growth, slope = model
    scale = np.maximum(1 + growth * along, 0.5)  # of slopes that are right, or they would cross
    return np.asarray((place - slope * along) / scale, np.float64)


def _parted(low: Places, high: Places, pairs: Pairs, size: float, least: float) -> NDArray[np.intp]:
    """(N,) in which of the parts between the best boundaries each interval from low to high has its
    middle.

    A boundary gains one for each of the pairs that it is the first to part, and loses one for each
    interval that it cuts, and `least`. size: pixels that count as one height of a number.
    """
    fine = max(size / FINE, float(high.max() - low.min()) / PLACES)
    start, end = (np.rint((each - low.min()) / fine).astype(int) for each in (low, high))
    count = int(end.max()) + 1
    gap = np.sort(np.stack([end[pairs[:, 0]], start[pairs[:, 1]]]), axis=0)
    from_to = np.zeros((count, count))
    np.add.at(from_to, (gap[0], gap[1]), 1)
    # [i, j]: pairs whose gap begins at i or before, and ends at j or after
    over = np.cumsum(np.cumsum(from_to, axis=0)[:, ::-1], axis=1)[:, ::-1]
    change = np.zeros(count + 1)
    np.add.at(change, np.minimum(start + 1, end), 1)
    np.add.at(change, end, -1)
    cut = np.cumsum(change)[:count]
    gain = np.diagonal(over) - cut - least
    best, before = np.array(gain), np.full(count, -1)
    for place in range(1, count):
        value = best[:place] - over[:place, place]
        if value.max() > 0:
            before[place] = int(value.argmax())
            best[place] += float(value.max())
    boundaries = []
    place = int(best.argmax()) if best.max() > 0 else -1
    while place >= 0:
        boundaries.append(place)
        place = int(before[place])
    return np.asarray(np.searchsorted(boundaries[::-1], (start + end) / 2), np.intp)
