"""Numbers and tables as a workbook of a spreadsheet (XLSX), by openpyxl of the extra `tables`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePath
from typing import Any, BinaryIO

from digits.errors import require
from digits.io.formats import COLUMNS, EXPECTED, number_rows
from digits.io.result import Outcome
from digits.io.tables import Cell, named_tables

PAGE = COLUMNS.index("page")  # its column in a workbook, which has none for the value
EXACT = 15  # digits of a number that a spreadsheet keeps
DOUBTFUL_FILL = "FFFFE0B2"  # pale orange
LONGEST_TITLE = 31  # characters of the name of a sheet
NOT_IN_TITLES = r"[\\\[\]:*?/']"


def write_tables(outcomes: Iterable[Outcome], file: BinaryIO) -> None:
    """Write a workbook with a sheet for each table, named like its picture.

    Numbers are numbers, shown with the digits that are written; what is doubtful is coloured, and a
    comment says what else it may be. Raises MissingExtraError without openpyxl.
    """
    book = require("openpyxl", "tables").Workbook()
    first = book.active
    titles: set[str] = set()
    for table in named_tables(outcomes):
        sheet = book.create_sheet(_title(table.name, titles))
        for row, cells in enumerate(table.rows, 1):
            for column, cell in enumerate(cells, 1):
                if cell is not None:
                    _put_number(sheet.cell(row, column), cell)
    if titles:
        book.remove(first)
    else:
        first.title = "no table"
    book.save(file)


def write_numbers(outcomes: Iterable[Outcome], file: BinaryIO) -> None:
    """Write a workbook of one sheet with a row for each number, in the columns of the CSV form.

    As in `write_tables`. Raises MissingExtraError.
    """
    book = require("openpyxl", "tables").Workbook()
    sheet = book.active
    sheet.title = "numbers"
    sheet.append([name for name in COLUMNS if name != "value"])  # that is the number itself
    for place, row in enumerate(number_rows(outcomes), 2):
        _put_text(sheet.cell(place, 1), row.name)
        sheet.cell(place, PAGE, row.page)
        number = row.number
        if number is None:
            _put_text(sheet.cell(place, COLUMNS.index("error") + 1), row.error)
            continue
        sheet.cell(place, 2, row.line)
        _put_number(sheet.cell(place, 3), Cell.of(number, number.text))
        for column, value in enumerate((round(number.confidence, 6), *number.box), 4):
            sheet.cell(place, column, value)
        sheet.cell(place, PAGE + 1, EXPECTED[number.is_expected] or None)
    book.save(file)


def _put_number(place: Any, cell: Cell) -> None:
    """Write a number into a cell of a sheet, as a number where it is one."""
    digits = len(re.findall("[0-9]", cell.text))
    if cell.value is None or digits > EXACT:
        _put_text(place, cell.text)
    else:
        place.value = cell.value
        decimals = -int(cell.value.as_tuple().exponent)
        place.number_format = "0" * (digits - decimals) + ("." + "0" * decimals if decimals else "")
    if cell.is_doubtful:
        styles = require("openpyxl.styles", "tables")
        place.fill = styles.PatternFill("solid", start_color=DOUBTFUL_FILL)
        other, confidence = cell.runner_up
        comment = f"{100 * cell.confidence:.0f} % sure; else {other} ({100 * confidence:.0f} %)"
        place.comment = require("openpyxl.comments", "tables").Comment(comment, "digits")


def _put_text(place: Any, text: str) -> None:
    """Write text into a cell of a sheet; it stays text, however it begins."""
    place.value = text
    place.data_type = "s"  # openpyxl takes what begins with = for a formula
    place.quotePrefix = True  # … and so would a spreadsheet, once the cell is edited


def _title(name: str, taken: set[str]) -> str:
    """A name for a sheet that is none of those taken, and joins them."""
    path, comma, which = name.partition(", ")
    stem = re.sub(NOT_IN_TITLES, " ", PurePath(path).stem + comma + which).strip() or "table"
    title, number = stem[:LONGEST_TITLE], 2
    while title.casefold() in taken:
        title, number = f"{stem[: LONGEST_TITLE - 5]} {number}", number + 1
    taken.add(title.casefold())
    return title
