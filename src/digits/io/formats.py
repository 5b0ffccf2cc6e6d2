"""Outcomes as text: one function a format, each from outcomes to lines, one by one."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from digits.files import printable
from digits.io.number import Number
from digits.io.result import Outcome

COLUMNS = (
    *("picture", "line", "number", "confidence", "x", "y", "width", "height", "error"),
    *("value", "page", "expected"),
)
EXPECTED = {None: "", True: "yes", False: "no"}
FORMULA = tuple("=+-@")  # a text that begins so is one to spreadsheets


def as_json(outcomes: Iterable[Outcome]) -> Iterator[str]:
    """JSON Lines: one object a page, also for those that failed.

    It is ASCII alone: names in any letters, also in bytes that are none, pass through any pipe.
    """
    for outcome in outcomes:
        yield json.dumps(outcome.to_dict())


def as_text(outcomes: Iterable[Outcome]) -> Iterator[str]:
    """The text of each page that could be read."""
    for outcome in outcomes:
        if outcome.reading is not None:
            yield outcome.reading.text


def as_csv(outcomes: Iterable[Outcome]) -> Iterator[str]:
    """One row a number, under a heading; one row with the message for a page that failed.

    The value is empty where the number's text is ambiguous; expected is yes or no where something
    was. A row is one line: line breaks and control characters of a name are escaped as in
    `printable`; commas and quotes are quoted (RFC 4180).
    """
    yield _csv_row(COLUMNS)
    for row in number_rows(outcomes):
        name, number = unformulated(row.name), row.number
        if number is None:
            yield _csv_row([name, *[""] * 7, row.error, "", row.page, ""])
            continue
        value = "" if number.value is None else f"{number.value:f}"
        confidence, expected = f"{number.confidence:.6f}", EXPECTED[number.is_expected]
        cells = [name, row.line, number.text, confidence, *number.box, "", value, row.page]
        yield _csv_row([*cells, expected])


class Row(NamedTuple):
    """A number of a page, and the line it stands in; of a page that failed the error alone."""

    name: str
    page: int
    line: int
    number: Number | None
    error: str


def number_rows(outcomes: Iterable[Outcome]) -> Iterator[Row]:
    """A row for each number, and one for each page that failed."""
    for outcome in outcomes:
        name = printable(outcome.name)
        if outcome.reading is None:
            yield Row(name, outcome.page, 0, None, printable(outcome.error or ""))
            continue
        for line, numbers in enumerate(outcome.reading.lines, 1):
            for number in numbers:
                yield Row(name, outcome.page, line, number, "")


def unformulated(text: str) -> str:
    """Text that no spreadsheet takes for a formula: an apostrophe before = + - @, but in front of a
    number, or where the sign stands alone."""
    is_formula = text[:1] in FORMULA and len(text) > 1 and not re.fullmatch("[-+][0-9.,?]+", text)
    return f"'{text}" if is_formula else text


def as_table(outcomes: Iterable[Outcome]) -> Iterator[str]:
    """For people: a block a page, a line of it a line read, signs as written, then the
    confidence of each number, with an exclamation mark if it is not as expected."""
    for outcome in outcomes:
        name = printable(outcome.title)
        if outcome.reading is None:
            yield f"{name}   not read"
            continue
        texts = outcome.reading.transcript.splitlines() or ["(no digits)"]
        lines = outcome.reading.lines or ((),)
        for index, (text, numbers) in enumerate(zip(texts, lines, strict=True)):
            head = name if index == 0 else " " * len(name)
            confidences = "  ".join(
                f"{100 * number.confidence:.1f} %{'!' * (number.is_expected is False)}"
                for number in numbers
            )
            yield f"{head}   {text}   {confidences}".rstrip()


def _csv_row(values: Iterable[object]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(values)
    return text.getvalue()
