"""Numbers that stand below each other without rules → the columns of a table.

Rows and columns are made straight (they lean together, or towards each other in a photo), and then
told from the free stripes between them, as a projection profile shows them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from digits.geometry import Boxes, centres
from digits.io.number import Number, box_around
from digits.io.result import Table

FEWEST_ROWS, FEWEST_COLUMNS = 3, 2
FILLED = 0.3  # fraction of the rows in which a column has a number, at least
FULL = 0.6  # fraction of the cells of a table that hold a number, at least
ALONE = 0.75  # fraction of the numbers that are the only one of their cell, at least
APART = 2.5  # times the usual pitch of rows, from which on they are of two tables
CORE = 0.25  # of a number's height, from its middle: rows of people's writing may touch
STRAY = 0.2  # fraction of the rows, of which so many numbers may reach into a free stripe
OUTLIER = 3  # times the median error of a slope, from which on two numbers are of different rows
FINE = 8  # bins of a profile for each height of a number

Places = NDArray[np.float64]  # (N,) along an axis, in pixels
Groups = list[list[int]]  # indices of numbers in rows or columns


def aligned_tables(rows: Sequence[Sequence[Number]]) -> list[Table]:
    """The tables that numbers make, from top to bottom. rows: numbers in reading order."""
    tables = (_table(block) for block in _blocks(rows))
    return [table for table in tables if table is not None]


def _blocks(rows: Sequence[Sequence[Number]]) -> Iterable[list[Sequence[Number]]]:
    """Rows in blocks, where gaps part them."""
    if len(rows) < FEWEST_ROWS:
        return []
    middle = np.array([np.mean([n.box[1] + n.box[3] / 2 for n in row]) for row in rows])
    pitch = np.diff(middle)
    ends = np.flatnonzero(pitch > APART * np.median(pitch)) + 1
    return (list(rows[a:b]) for a, b in pairwise([0, *ends.tolist(), len(rows)]))


def _table(block: Sequence[Sequence[Number]]) -> Table | None:
    """The table of a block of rows, or None."""
    numbers = [number for row in block for number in row]
    if len(numbers) < FEWEST_ROWS * FEWEST_COLUMNS:
        return None
    boxes = np.array([number.box for number in numbers], np.float32)
    row, column = _rows_and_columns(boxes, _indices([len(each) for each in block]))
    cells: dict[tuple[int, int], list[int]] = {}
    for index, cell in enumerate(zip(row.tolist(), column.tolist(), strict=True)):
        cells.setdefault(cell, []).append(index)
    count = row.max() + 1
    filled = np.bincount([c for _, c in cells if c >= 0], minlength=1)
    columns = np.flatnonzero(filled >= max(2, FILLED * count)).tolist()
    held = {cell: own for cell, own in cells.items() if cell[0] >= 0 and cell[1] in columns}
    rows = sorted({r for r, _ in held})
    if len(columns) < FEWEST_COLUMNS or len(rows) < FEWEST_ROWS:
        return None
    alone = sum(len(own) == 1 for own in held.values())
    is_full = len(held) >= FULL * len(rows) * len(columns)
    if not is_full or alone < ALONE * np.isin(row, rows).sum():
        return None
    kept = tuple(
        tuple(numbers[held[r, c][0]] if (r, c) in held else None for c in columns) for r in rows
    )
    return Table(kept, box_around([n.box for line in kept for n in line if n]), is_ruled=False)


def _indices(lengths: Sequence[int]) -> Groups:
    """Consecutive indices in groups of these lengths."""
    ends = np.cumsum([0, *lengths]).tolist()
    return [list(range(a, b)) for a, b in pairwise(ends)]


def _rows_and_columns(boxes: Boxes, groups: Groups) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The row and the column of each box (N, 4), -1 for none. groups: rows as they were read."""
    x, y = centres(boxes).T
    high = float(np.median(boxes[:, 3]))
    lean = _lean(y, x, groups)
    y = y - lean * (x - x.mean())
    row = _bands(y - CORE * high, y + CORE * high, high, STRAY * max(map(len, groups)))
    order = np.lexsort((x, row))
    ends = np.flatnonzero(np.diff(row[order])) + 1
    columns = _chains(boxes, [part.tolist() for part in np.split(order, ends)])
    shift = _lean(x, y, columns) * (y - y.mean())
    left, right = x - boxes[:, 2] / 2 - shift, x + boxes[:, 2] / 2 - shift
    return row, _bands(left, right, high, STRAY * (row.max() + 1))


def _lean(place: Places, along: Places, groups: Groups) -> Places:
    """(N,) the slope of the row (or column) that a number at `place` stands in: that of all, which
    changes evenly across the page. groups: numbers that stand in one, some of them wrongly."""
    pairs = np.array([pair for group in groups for pair in pairwise(group)], int).reshape(-1, 2)
    first, second = pairs[along[pairs[:, 0]] != along[pairs[:, 1]]].T
    if len(first) < FEWEST_ROWS:
        return np.zeros(len(place))
    across = along[second] - along[first]
    slope, middle = (place[second] - place[first]) / across, (place[first] + place[second]) / 2
    model = np.array([np.median(slope)])
    for _ in range(3):
        off = np.abs(slope - np.polyval(model, middle))
        is_right = off <= OUTLIER * np.median(off)
        degree = 1 if np.ptp(middle[is_right]) > 0 else 0
        weight = np.sqrt(np.abs(across[is_right]))
        model = np.polyfit(middle[is_right], slope[is_right], degree, w=weight)
    return np.asarray(np.polyval(model, place))


def _bands(low: Places, high: Places, size: float, stray: float) -> NDArray[np.intp]:
    """(N,) in which band each of the intervals from low to high has its middle, the bands counted
    from the first on: stretches that more than `stray` of them cover. -1 for none. size: pixels
    that count as one height of a number."""
    fine = size / FINE
    start, end = (np.rint((each - low.min()) / fine).astype(int) for each in (low, high))
    change = np.zeros(int(end.max()) + 2, int)
    np.add.at(change, start, 1)
    np.add.at(change, end + 1, -1)
    is_band = np.cumsum(change) > stray
    first = np.diff(is_band.astype(int), prepend=0) > 0
    middle = (start + end) // 2
    return np.asarray(np.where(is_band[middle], np.cumsum(first)[middle] - 1, -1))


def _chains(boxes: Boxes, rows: Groups) -> Groups:
    """Boxes below each other: each goes on the column whose last one it overlaps most."""
    columns: Groups = []
    left, right = boxes[:, 0], boxes[:, 0] + boxes[:, 2]
    for row in rows:
        last = [column[-1] for column in columns]
        shared = np.minimum(right[row][:, None], right[last]) - np.maximum(
            left[row][:, None], left[last]
        )
        free = set(row)
        while shared.size and shared.max() > 0:
            k, column = (int(each) for each in np.unravel_index(shared.argmax(), shared.shape))
            columns[column].append(row[k])
            free.remove(row[k])
            shared[k], shared[:, column] = 0, 0
        columns += [[index] for index in row if index in free]
    return columns
