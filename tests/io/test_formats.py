from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Callable, Iterable, Iterator

import numpy as np
import pytest

from digits.io.formats import COLUMNS, as_csv, as_json, as_table, as_text
from digits.io.number import Digit, Number
from digits.io.result import Outcome, Reading, Sign

Format = Callable[[Iterable[Outcome]], Iterator[str]]
FORMATS: list[Format] = [as_json, as_text, as_csv, as_table]
WICKED = 'two\nlines\r, "quoted"\x1b[31m\x9b\x00.png'


def number(text: str, confidence: float) -> Number:
    box, row = (1, 2, 3, 4), np.full(10, 0.1, np.float32)
    digits = tuple(Digit(int(each), 0.9, row, box, 1.0, None) for each in text if each.isdigit())
    return Number(text, confidence, box, digits, ((text, confidence),))


LINES = ((number("2024", 0.5),), (number("17", 0.9996), number("305", 1.0)))
READING = Reading("2024\n1? 305", LINES, (), 0, 100, 50, "default", "0123456789abcdef")
PAGE = Outcome("page.png", 1, READING, None, 0.1)
NOTHING = dataclasses.replace(READING, text="", lines=(), transcript="")
EMPTY = Outcome("empty.png", 1, NOTHING, None, 0.1)
BROKEN = Outcome("broken.png", 1, None, "broken.png is damaged", 0.1)
ALL = [PAGE, EMPTY, BROKEN]


def test_text() -> None:
    assert list(as_text(ALL)) == ["2024\n1? 305", ""]


def test_table() -> None:
    assert list(as_table(ALL)) == [
        "page.png   2024   50.0 %",
        "           1? 305   100.0 %  100.0 %",
        "empty.png   (no digits)",
        "broken.png   not read",
    ]


def test_csv() -> None:
    assert list(as_csv(ALL)) == [
        ",".join(COLUMNS),
        "page.png,1,2024,0.500000,1,2,3,4,,2024,1,",
        "page.png,2,17,0.999600,1,2,3,4,,17,1,",
        "page.png,2,305,1.000000,1,2,3,4,,305,1,",
        "broken.png,,,,,,,,broken.png is damaged,,1,",
    ]


SUM = dataclasses.replace(
    READING,
    text="17 -20,50 1.234",
    lines=((number("17", 0.9), number("-20,50", 0.8), number("1.234", 0.7)),),
    transcript="17 + -20,50 = 1.234",
    signs=(Sign("+", 0.9, (1, 2, 3, 4)), Sign("=", 0.9, (1, 2, 3, 4))),
)


def test_the_table_shows_signs_as_written_and_the_text_has_none() -> None:
    outcomes = [Outcome("sum.png", 1, SUM, None, 0.1)]
    assert list(as_table(outcomes)) == ["sum.png   17 + -20,50 = 1.234   90.0 %  80.0 %  70.0 %"]
    assert list(as_text(outcomes)) == ["17 -20,50 1.234"]


def test_csv_has_the_number_as_written_and_its_value_where_there_is_one() -> None:
    rows = list(csv.DictReader(as_csv([Outcome("sum.png", 1, SUM, None, 0.1)])))
    found = [(row["number"], row["value"]) for row in rows]
    assert found == [("17", "17"), ("-20,50", "-20.50"), ("1.234", "")]


def test_json_lines() -> None:
    assert [json.loads(line) for line in as_json(ALL)] == [each.to_dict() for each in ALL]


@pytest.mark.parametrize("write", FORMATS)
def test_outcomes_are_written_one_by_one(write: Format) -> None:
    taken = []

    def endless() -> Iterator[Outcome]:
        while True:
            taken.append(0)
            yield PAGE

    lines = write(endless())
    for _ in range(10):
        next(lines)
    assert len(taken) <= 10


@pytest.mark.parametrize("write", [as_json, as_csv, as_table])
@pytest.mark.parametrize("outcome", [PAGE, EMPTY, BROKEN])
def test_no_name_breaks_a_line_or_commands_a_terminal(outcome: Outcome, write: Format) -> None:
    wicked = dataclasses.replace(outcome, source=WICKED, error=outcome.error and WICKED)
    lines, usual = list(write([wicked])), list(write([outcome]))
    assert len(lines) == len(usual)
    assert all(line.isprintable() for line in lines)


def test_a_csv_row_is_read_back_whatever_the_name() -> None:
    wicked = dataclasses.replace(BROKEN, source=WICKED)
    rows = list(csv.reader(io.StringIO("\n".join(as_csv([wicked, PAGE])))))
    assert [len(row) for row in rows] == [len(COLUMNS)] * 5
    assert rows[1][0] == 'two\\nlines\\r, "quoted"\\x1b[31m\\x9b\\x00.png'


@pytest.mark.parametrize("name", [WICKED, "größe 数字.png", "\udcff.png"])
def test_json_is_ascii_and_has_the_name_as_it_is(name: str) -> None:
    [line] = as_json([dataclasses.replace(PAGE, source=name)])
    assert line.isascii()
    assert json.loads(line)["picture"] == name
