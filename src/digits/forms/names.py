"""Names of fields: numbers in reading order; rows and columns of tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from digits.forms.template import Field
from digits.io.number import Box

NEAR = 0.25  # of a field's height: frames of a table are no farther apart


def named(fields: Sequence[Field]) -> tuple[Field, ...]:
    """The fields in reading order, each with a name."""
    ordered = in_reading_order(fields)
    tables = [table for table in _tables(ordered) if _is_table(table)]
    names: dict[int, str] = {}
    for number, table in enumerate(tables, 1):
        before = f"table {number} " if len(tables) > 1 else ""
        rows = _ranks([(each.box[1], each.box[3]) for each in table])
        columns = _ranks([(each.box[0], each.box[2]) for each in table])
        for each, row, column in zip(table, rows, columns, strict=True):
            names[id(each)] = f"{before}row {row} column {column}"
    number = 0
    for each in ordered:
        if id(each) not in names:
            number += 1
            names[id(each)] = f"field {number}"
    return tuple(replace(each, name=names[id(each)]) for each in ordered)


def in_reading_order(fields: Sequence[Field]) -> list[Field]:
    """Rows from the top, each from left to right; a field is of a row whose middle it spans."""
    rows: list[list[Field]] = []
    for each in sorted(fields, key=lambda each: each.box[1] + each.box[3] / 2):
        _, top, _, high = each.box
        if rows and top <= _middle(rows[-1][0].box) <= top + high:
            rows[-1].append(each)
        else:
            rows.append([each])
    return [each for row in rows for each in sorted(row, key=lambda each: each.box[0])]


def _middle(box: Box) -> float:
    return box[1] + box[3] / 2


def _tables(fields: Sequence[Field]) -> list[list[Field]]:
    """Frames that touch, directly or by others, each group in the order given."""
    groups: list[list[Field]] = []
    for each in (field for field in fields if field.kind == "box"):
        near = [group for group in groups if any(_touch(each.box, other.box) for other in group)]
        merged = [field for group in near for field in group] + [each]
        groups = [group for group in groups if group not in near] + [merged]
    order = {id(field): index for index, field in enumerate(fields)}
    return [sorted(group, key=lambda field: order[id(field)]) for group in groups]


def _touch(one: Box, other: Box) -> bool:
    gap = NEAR * min(one[3], other[3])
    return all(
        one[k] - gap < other[k] + other[k + 2] and other[k] - gap < one[k] + one[k + 2]
        for k in (0, 1)
    )


def _is_table(fields: Sequence[Field]) -> bool:
    """Whether there are two rows and two columns or more."""
    rows = _ranks([(each.box[1], each.box[3]) for each in fields])
    columns = _ranks([(each.box[0], each.box[2]) for each in fields])
    return max(rows) > 1 and max(columns) > 1


def _ranks(spans: Sequence[tuple[int, int]]) -> list[int]:
    """Which row or column each span (start, length) is in, from 1 on."""
    ranks: dict[int, int] = {}
    end, rank = float("-inf"), 0
    for start, length in sorted(spans):
        middle = start + length / 2
        if middle > end:
            rank, end = rank + 1, float(start + length)
        ranks[start] = rank
    return [ranks[start] for start, _ in spans]
