from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterable
from decimal import Decimal

import numpy as np
import openpyxl
import pytest

from digits.errors import MissingExtraError
from digits.io.formats import as_csv, unformulated
from digits.io.number import Digit, Number
from digits.io.result import Outcome, Reading, Table
from digits.io.tables import as_grid, as_separated
from digits.io.workbook import write_numbers, write_tables


def number(text: str, confidence: float = 0.99, runner_up: str = "9", x: int = 0) -> Number:
    box, row = (x, 2, 3, 4), np.full(10, 0.1, np.float32)
    digits = tuple(Digit(int(each), 0.9, row, box, 1.0, None) for each in text if each.isdigit())
    return Number(text, confidence, box, digits, ((text, confidence), (runner_up, 0.3)))


A, B, C = number("8,0", x=10), number("007", x=20), number("-3", 0.62, "-8", x=30)
D, LONG = number("1.234", x=40), number("12345678901234567", x=50)
TABLE = Table(((A, B, None), (C, None, D), (None, LONG, A)), (10, 2, 43, 4), is_ruled=True)
LINES = ((A, B), (C, D), (LONG,))
TEXT = "8,0 007\n-3 1.234\n12345678901234567"
READING = Reading(TEXT, LINES, (), 0, 90, 60, "default", "0123456789abcdef", tables=(TABLE,))
PLAIN = Reading("7", ((number("7"),),), (), 0, 90, 60, "default", "0123456789abcdef")


def outcome(name: str, reading: Reading | None) -> Outcome:
    return Outcome(name, 1, reading, None if reading else "it is damaged", 0.1)


MARKS, SEVEN, BROKEN = outcome("marks.png", READING), outcome("7.png", PLAIN), outcome("x", None)


def book(outcomes: Iterable[Outcome], write: object = write_tables) -> openpyxl.Workbook:
    file = io.BytesIO()
    write(outcomes, file)  # type: ignore[operator]
    return openpyxl.load_workbook(io.BytesIO(file.getvalue()))


def test_a_table_for_people_is_aligned_and_marks_what_is_doubtful() -> None:
    assert list(as_grid([MARKS, SEVEN, BROKEN])) == [
        "marks.png",
        "  8,0                 007       ·",
        "   -3*                  ·   1.234",
        "    ·   12345678901234567     8,0",
        "  * below 90 %, or not as expected: 1",
        "7.png   (no table)",
        "x   not read",
    ]


@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_csv_and_tsv_have_values_and_empty_cells(delimiter: str) -> None:
    rows = list(csv.reader(as_separated([BROKEN, MARKS, SEVEN], delimiter), delimiter=delimiter))
    assert rows == [
        ["8.0", "7", ""],
        ["-3", "", "1.234"],
        ["", "12345678901234567", "8.0"],
    ]


def test_several_tables_have_their_names() -> None:
    lines = list(as_separated([MARKS, outcome("=b.png", READING)], ","))
    assert (lines[0], lines[4], lines[5]) == ("marks.png", "", "'=b.png")


def test_digits_that_are_too_unsure_stay_so_in_a_table() -> None:
    masked = Reading(
        TEXT.replace("-3", "-?"), LINES, (), 0, 90, 60, "default", "0", tables=(TABLE,)
    )
    assert list(as_separated([outcome("m.png", masked)], ","))[1] == "-?,,1.234"


def test_a_workbook_has_numbers_as_they_are_written() -> None:
    [sheet] = book([BROKEN, MARKS, SEVEN])
    assert sheet.title == "marks"
    assert [[cell.value for cell in row] for row in sheet] == [
        [8, 7, None],
        [-3, None, "1.234"],
        [None, "12345678901234567", 8],
    ]
    formats = [sheet["A1"].number_format, sheet["B1"].number_format, sheet["A2"].number_format]
    assert formats == ["0.0", "000", "0"]


def test_a_doubtful_cell_is_coloured_and_says_what_else_it_may_be() -> None:
    [sheet] = book([MARKS])
    assert sheet["A2"].fill.fill_type == "solid"
    assert "-8" in sheet["A2"].comment.text
    assert sheet["A1"].fill.fill_type is None
    assert sheet["A1"].comment is None


def test_sheets_are_named_like_their_pictures() -> None:
    names = ["a/marks.png", "b/Marks.jpg", "x" * 60 + ".png", "[a]:*?.png", "'.png"]
    titles = book([outcome(name, READING) for name in names]).sheetnames
    assert titles[:3] == ["marks", "Marks 2", "x" * 31]
    assert len({title.casefold() for title in titles}) == len(titles) == 5


def test_a_workbook_without_tables_can_be_opened() -> None:
    assert book([SEVEN, BROKEN]).sheetnames == ["no table"]


def test_a_workbook_of_numbers_has_a_row_for_each() -> None:
    [sheet] = book([MARKS, BROKEN], write_numbers)
    rows = [[cell.value for cell in row] for row in sheet]
    assert rows[1] == ["marks.png", 1, 8, 0.99, 10, 2, 3, 4, None, 1, None]
    assert rows[4][2] == "1.234"
    assert rows[-1] == ["x", *[None] * 7, "it is damaged", 1, None]


@pytest.mark.parametrize("name", ["=cmd.png", "+1+1.png", "@sum.png", "-x.png"])
def test_no_name_becomes_a_formula(name: str) -> None:
    [sheet] = book([outcome(name, READING)], write_numbers)
    assert (sheet["A2"].value, sheet["A2"].data_type) == (name, "s")
    assert sheet["A2"].quotePrefix
    assert next(csv.reader(list(as_csv([outcome(name, PLAIN)]))[1:]))[0] == f"'{name}"


@pytest.mark.parametrize("text", ["-3", "-8,0", "-?", "-1.234", "-", "7", "page.png", ""])
def test_numbers_and_plain_names_stay_as_they_are(text: str) -> None:
    assert unformulated(text) == text


def test_without_openpyxl_one_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(MissingExtraError, match=r"pip install .*\[tables\]"):
        write_tables([], io.BytesIO())


def test_a_table_is_the_same_after_to_dict_and_from_dict() -> None:
    again = Table.from_dict(TABLE.to_dict())
    assert again.to_dict() == TABLE.to_dict()
    assert again.shape == (3, 3)
    assert again.rows[0][0] is not None
    assert again.rows[0][0].value == Decimal("8.0")
    assert again.rows[0][2] is None


def test_the_cells_of_a_reading_are_its_numbers() -> None:
    again = Reading.from_dict(READING.to_dict())
    assert again.to_dict() == READING.to_dict()
    assert again.tables[0].rows[1][0] is again.numbers[2]


@pytest.mark.parametrize("rows", [[], [[]], [[None]], [[None], [None, None]]])
def test_what_is_no_table_is_refused(rows: list[list[None]]) -> None:
    with pytest.raises(ValueError, match="rows differ in length, or without numbers"):
        Table.from_dict({"ruled": True, "box": [0, 0, 1, 1], "rows": rows})


def test_without_signs_a_cell_is_still_one_number() -> None:
    plain = READING.without_signs()
    assert [cell and cell.text for cell in plain.tables[0].rows[0]] == ["80", "007", None]
    assert Reading.from_dict(plain.to_dict()).to_dict() == plain.to_dict()
