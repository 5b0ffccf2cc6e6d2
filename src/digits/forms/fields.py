"""A picture of an empty form → its fields: frames, lines to write on, and combs.

1. find the straight lines (`lines`); what they enclose is a region, and one that holds no print is
   a frame to write into;
2. regions of one size side by side, and a row of short ticks on a line, are the cells of a comb;
3. a line that bounds no region, with room above, is one to write on;
4. fields are named in reading order, and by row and column where they are a table (`names`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from digits.errors import PictureError
from digits.forms.lines import Lines, Mask, find_lines, ink_of, kept_size, straightened
from digits.forms.names import named
from digits.forms.template import Field, Form, grey_of
from digits.io.content import name_of
from digits.io.number import Box
from digits.io.picture import Picture, open_picture

LEAST = 1 / 85  # of the longer side: the least side of a field, 3.5 mm of A4
TALLEST = 0.1  # of the longer side: what is higher is no field for a number
ROOM = 0.036  # of the longer side: how high people write on a line, 10 mm of A4
SHORTEST = 3  # line to write on, in least sides: 10 mm of A4
FULL, HALF = 0.85, 0.5  # part of its box that a frame fills, and one full of letters
WIDEST_RULE = 0.8  # of the width: a longer line parts sections
CELL = 1.35  # widest cell of a comb, in its heights
GAP = 0.6  # widest gap between the cells of a comb, in their widths
ALIKE = 0.15  # how much widths of cells differ


@dataclass(frozen=True, slots=True)
class Region:
    """What lines enclose. box: of its inside; free: the part of that to write into, None if print
    stands in it."""

    box: Box
    free: Box | None


def learn(picture: Picture) -> Form:
    """The form that a picture shows with nothing filled in.

    picture: as `digits.read` takes it; a scan may lie askew by 5 degrees. Raises PictureError if it
    cannot be read, or shows no field.
    """
    blank = straightened(kept_size(grey_of(open_picture(picture))))
    fields = find_fields(blank)
    if not fields:
        raise PictureError(
            f"{name_of(picture)} shows no field; expected an empty form with frames, lines or "
            "combs to write into, upright, its shorter side 800 pixels or more"
        )
    return Form(fields, blank)


def find_fields(blank: NDArray[np.uint8]) -> tuple[Field, ...]:
    """The fields of a blank form (H, W) uint8, named, in reading order."""
    lines = find_lines(ink_of(blank))
    drawn = np.asarray(cv2.dilate(lines.across | lines.down, np.ones((3, 3), np.uint8)), np.uint8)
    _, labels, found, _ = cv2.connectedComponentsWithStats(1 - drawn, connectivity=4)
    stats = np.asarray(found, np.int32)
    rest = cv2.morphologyEx(lines.ink & (1 - drawn), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    text = np.asarray(rest, np.uint8)
    inside = _enclosed(stats, blank.shape)
    regions = [_region(stats[k], labels[_slices(stats[k])] == k, text) for k in inside]
    is_open = ~np.isin(labels, [0, *inside])
    frames = _frames([each for each in regions if each is not None], lines)
    return named(_apart(frames + _lines_to_write_on(lines, is_open, text)))


def _slices(box: Sequence[int] | NDArray[np.int32]) -> tuple[slice, slice]:
    x, y, wide, high = (int(each) for each in box[:4])
    return slice(y, y + high), slice(x, x + wide)


def _enclosed(stats: NDArray[np.int32], shape: tuple[int, ...]) -> list[int]:
    """Which regions lines enclose: none that reaches the border, or is higher than a field."""
    x, y, wide, high, _ = stats.T
    is_inner = (x > 0) & (y > 0) & (x + wide < shape[1]) & (y + high < shape[0])
    fits = (high <= TALLEST * max(shape)) & (np.arange(len(stats)) > 0)
    return [int(k) for k in np.flatnonzero(is_inner & fits)]


def _region(stats: NDArray[np.int32], mask: NDArray[np.bool_], text: Mask) -> Region | None:
    """A region large and rectangular enough to be a frame, with the part of it that is free; None
    for another."""
    x, y, wide, high, area = (int(each) for each in stats)
    least = LEAST * max(text.shape)
    if min(wide, high) < least or area < HALF * wide * high:
        return None
    if area < FULL * wide * high:  # large letters, or no rectangle
        return Region((x, y, wide, high), None)
    inner = text[_slices(stats)] & mask
    free = _free((x, y, wide, high), cv2.boundingRect(inner), int(inner.sum()))
    return Region((x, y, wide, high), free if free and min(free[2:]) >= least else None)


def _free(box: Box, text: Sequence[int], amount: int) -> Box | None:
    """The part of a box beside its print: below a caption, left of a unit; None for a label.

    text: the box of the print, relative to that. amount: of its pixels.
    """
    x, y, wide, high = box
    left, top, across, down = text
    if amount <= 0.001 * wide * high or max(across, down) <= 0.08 * high:
        return box  # nothing but specks
    if top + down <= 0.45 * high:
        return (x, y + top + down, wide, high - top - down)
    if left >= 0.6 * wide:
        return (x, y, left, high)
    return None


def _frames(regions: Sequence[Region], lines: Lines) -> list[Field]:
    """The regions to write into; those of one size side by side as one comb."""
    labels = [each.box for each in regions if each.free is None]
    free = [each for each in regions if each.free is not None and not _is_corner(each, labels)]
    fields, rows = [], _rows_of_cells(free, regions)
    for row in rows:
        cells = tuple(each.box for each in row)
        fields.append(Field("", around(cells), "comb", cells))
    taken = {id(each) for row in rows for each in row}
    for each in free:
        if id(each) not in taken and each.free is not None:
            cells = _ticked(each.box, lines.ink, each.box[1] + each.box[3] - 1)
            box = each.box if cells else each.free
            fields.append(Field("", box, "comb" if cells else "box", cells))
    return fields


def _is_corner(region: Region, labels: Sequence[Box]) -> bool:
    """Whether a region is the empty corner of a table, between a label of the first column below it
    and one of the first row beside it."""
    x, y, wide, high = region.box
    near = 0.2 * high
    beside = any(abs(top - y) < near and 0 <= left - x - wide < near for left, top, _, _ in labels)
    return beside and any(
        abs(left - x) < near and 0 <= top - y - high < near for left, top, _, _ in labels
    )


def _rows_of_cells(free: Sequence[Region], regions: Sequence[Region]) -> list[list[Region]]:
    """Rows of two or more cells of a comb; no part of a table, where cells stand on others."""
    cells = [
        each
        for each in free
        if each.box[2] <= CELL * each.box[3] and not any(_stacked(each, other) for other in regions)
    ]
    rows: list[list[Region]] = []
    for cell in sorted(cells, key=lambda each: each.box[0]):
        row = next((row for row in rows if _follows(row[-1].box, cell.box)), None)
        if row is None:
            rows.append([cell])
        else:
            row.append(cell)
    return [row for row in rows if len(row) > 1]


def _stacked(one: Region, other: Region) -> bool:
    """Whether another region shares an upper or lower side with one, as in a table."""
    x, y, wide, high = one.box
    left, top, across, down = other.box
    gap = max(top - y - high, y - top - down)
    return abs(x + wide / 2 - left - across / 2) < wide / 4 and 0 <= gap <= 0.2 * high


def _follows(before: Box, cell: Box) -> bool:
    """Whether a cell is the next of a comb."""
    wide, high = before[2:]
    gap = cell[0] - before[0] - wide
    return (
        0 <= gap <= GAP * wide
        and abs(cell[1] - before[1]) <= 0.08 * high
        and abs(cell[3] - high) <= 0.08 * high
        and abs(cell[2] - wide) <= ALIKE * wide
    )


def _ticked(box: Box, ink: Mask, bottom: int) -> tuple[Box, ...]:
    """The cells that short upright ticks at the bottom of a box part; none without even ones.

    bottom: the row just above its lower line.
    """
    x, y, wide, high = box
    reach = max(3, round(0.12 * high))
    band = ink[bottom - reach : bottom, x : x + wide].min(axis=0)
    starts = np.flatnonzero(np.diff(np.concatenate([[0], band])) == 1)
    ends = np.flatnonzero(np.diff(np.concatenate([band, [0]])) == -1)
    thin = (ends - starts) < max(4, 0.12 * high)
    middles = ((starts + ends) / 2)[thin]
    inner = [float(m) for m in middles if min(m, wide - m) > 0.2 * high]
    edges = [0.0, *inner, float(wide)]
    steps = np.diff(edges)
    if len(inner) == 0 or steps.max() > CELL * high:
        return ()
    if np.abs(steps - steps.mean()).max() > ALIKE * steps.mean():
        return ()
    return tuple(
        (x + round(left), y, round(right) - round(left), high) for left, right in pairwise(edges)
    )


def _lines_to_write_on(lines: Lines, is_open: NDArray[np.bool_], text: Mask) -> list[Field]:
    """Lines that bound no region, with room above."""
    shape = text.shape
    least = LEAST * max(shape)
    count, _, stats, _ = cv2.connectedComponentsWithStats(lines.across, connectivity=8)
    fields = []
    for x, y, wide, high, _ in stats[1:count].tolist():
        if not SHORTEST * least <= wide <= WIDEST_RULE * shape[1] or high > 0.4 * least:
            continue
        beside = [row for row in (y - 4, y + high + 3) if 0 <= row < shape[0]]
        under = lines.ink[y + high + 2 : y + high + 5, x : x + wide]
        if is_open[beside, x : x + wide].mean() < 0.8 or under.mean() > 0.1:  # or bars of letters
            continue
        above = _room_above((x, y, wide, high), lines, text)
        if above >= least:
            box = (x, y - above, wide, above)
            cells = _ticked(box, lines.ink, y)
            fields.append(Field("", box, "comb" if cells else "line", cells))
    return fields


def _room_above(line: Box, lines: Lines, text: Mask) -> int:
    """Free rows above a line, at most as many as people need; ticks on it do not count."""
    x, y, wide, _ = line
    y -= 2  # its own soft edge
    most = int(min(round(ROOM * max(text.shape)), max(y, 0)))
    rows = (text | lines.across | lines.down)[y - most : y, x : x + wide]
    if not most:
        return 0
    standing = rows[-max(3, most // 10) :].min(axis=0)
    ticks = cv2.dilate(standing[None], np.ones((1, 7), np.uint8))[0] > 0
    rows[:, ticks] = 0
    taken = np.flatnonzero(rows.mean(axis=1) > 0.015)
    return most if not len(taken) else most - 1 - int(taken[-1])


def _apart(fields: Sequence[Field]) -> list[Field]:
    """Fields of which no two share a place: the box of a line ends where another field does."""
    frames = [each for each in fields if each.kind != "line"]
    found = list(frames)
    for each in (each for each in fields if each.kind == "line"):
        x, y, wide, high = each.box
        for left, top, across, down in (other.box for other in frames):
            if left < x + wide and x < left + across and y < top + down <= y + high:
                y, high = top + down, y + high - top - down
        found.append(replace(each, box=(x, y, wide, max(high, 1))))
    return found


def around(boxes: Sequence[Box]) -> Box:
    """The box around some."""
    left, top = min(b[0] for b in boxes), min(b[1] for b in boxes)
    right, bottom = max(b[0] + b[2] for b in boxes), max(b[1] + b[3] for b in boxes)
    return (left, top, right - left, bottom - top)
