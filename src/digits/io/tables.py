"""Tables as text: aligned for people, or as CSV or TSV for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from digits.files import printable
from digits.io.formats import unformulated
from digits.io.number import Number
from digits.io.result import Outcome, Reading, Table

DOUBTFUL = 0.9  # confidence below which a cell is marked, as an orange frame in drawings
EMPTY, DOUBT = "·", "*"  # an empty cell, and behind a doubtful number, in a table for people


@dataclass(frozen=True, slots=True)
class Cell:
    """A number in a table. text: with "?" for digits that are too unsure. value: None where the
    text stands for no one number. is_doubtful: whether it should be looked at, since it is less
    sure than DOUBTFUL, or not as expected."""

    text: str
    value: Decimal | None
    confidence: float
    runner_up: tuple[str, float]
    is_doubtful: bool

    @classmethod
    def of(cls, number: Number, text: str) -> Cell:
        """A number, and its text with "?" for some digits."""
        value = number.value if text == number.text else None
        is_doubtful = number.confidence < DOUBTFUL or number.is_expected is False
        return cls(text, value, number.confidence, number.runner_up, is_doubtful)


@dataclass(frozen=True, slots=True)
class NamedTable:
    """A table of a picture. name: of the picture, and which of its tables it is, if there are
    several."""

    name: str
    rows: list[list[Cell | None]]


def named_tables(outcomes: Iterable[Outcome]) -> Iterator[NamedTable]:
    """All tables of the pictures that could be read."""
    for outcome in outcomes:
        if outcome.reading is None:
            continue
        several = len(outcome.reading.tables) > 1
        for index, table in enumerate(outcome.reading.tables, 1):
            page = f", page {outcome.page}" if outcome.page > 1 else ""
            which = f", table {index}" if several else ""
            yield NamedTable(printable(outcome.name) + page + which, _cells(outcome.reading, table))


def _cells(reading: Reading, table: Table) -> list[list[Cell | None]]:
    texts = {
        (number.text, number.box): text
        for number, text in zip(reading.numbers, reading.text.split(), strict=True)
    }

    def cell(number: Number) -> Cell:
        return Cell.of(number, texts.get((number.text, number.box), number.text))

    return [[cell(number) if number else None for number in row] for row in table.rows]


def as_grid(outcomes: Iterable[Outcome]) -> Iterator[str]:
    """For people: each table with its columns aligned; "·" is an empty cell, and "*" stands behind
    what is doubtful."""
    for outcome in outcomes:
        tables = list(named_tables([outcome]))
        if not tables:
            what = "not read" if outcome.reading is None else "(no table)"
            yield f"{printable(outcome.name)}   {what}"
        for table in tables:
            yield table.name
            texts = [[_shown(cell) for cell in row] for row in table.rows]
            widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
            for row in texts:
                cells = (text.rjust(width) for text, width in zip(row, widths, strict=True))
                yield "  " + "  ".join(cells).rstrip()
            doubtful = sum(cell.is_doubtful for row in table.rows for cell in row if cell)
            if doubtful:
                yield f"  {DOUBT} below {100 * DOUBTFUL:.0f} %, or not as expected: {doubtful}"


def _shown(cell: Cell | None) -> str:
    if cell is None:
        return EMPTY + " "
    return cell.text + (DOUBT if cell.is_doubtful else " ")


def as_separated(outcomes: Iterable[Outcome], delimiter: str) -> Iterator[str]:
    """CSV or TSV: a line a row of a table, its numbers by their values, empty cells empty.

    Several tables are parted by an empty line, and each has its name on a line above it.
    """
    tables = list(named_tables(outcomes))
    for index, table in enumerate(tables):
        if index:
            yield ""
        if len(tables) > 1:
            yield _line([unformulated(table.name)], delimiter)
        for row in table.rows:
            yield _line([_plain(cell) for cell in row], delimiter)


def _plain(cell: Cell | None) -> str:
    if cell is None:
        return ""
    return unformulated(cell.text) if cell.value is None else f"{cell.value:f}"


def _line(values: Sequence[str], delimiter: str) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="").writerow(values)
    return text.getvalue()
