"""Outcomes as text: one function a format, each from outcomes to lines, one by one."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator

from digits.files import printable
from digits.io.result import Outcome

COLUMNS = (
    *("picture", "line", "number", "confidence", "x", "y", "width", "height", "error"),
    *("value", "page"),
)


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

    The value is empty where the number's text is ambiguous. A row is one line: line breaks and
    control characters of a name are escaped as in `printable`; commas and quotes are quoted
    (RFC 4180).
    """
    yield _csv_row(COLUMNS)
    for outcome in outcomes:
        name = printable(outcome.name)
        if outcome.reading is None:
            yield _csv_row([name, *[""] * 7, printable(outcome.error or ""), "", outcome.page])
            continue
        for line, numbers in enumerate(outcome.reading.lines, 1):
            for number in numbers:
                confidence = f"{number.confidence:.6f}"
                value = "" if number.value is None else f"{number.value:f}"
                cells = [name, line, number.text, confidence, *number.box, "", value]
                yield _csv_row([*cells, outcome.page])


def as_table(outcomes: Iterable[Outcome]) -> Iterator[str]:
    """For people: a block a page, a line of it a line read, signs as written, then the
    confidence of each number."""
    for outcome in outcomes:
        name = printable(outcome.title)
        if outcome.reading is None:
            yield f"{name}   not read"
            continue
        texts = outcome.reading.transcript.splitlines() or ["(no digits)"]
        lines = outcome.reading.lines or ((),)
        for index, (text, numbers) in enumerate(zip(texts, lines, strict=True)):
            head = name if index == 0 else " " * len(name)
            confidences = "  ".join(f"{100 * number.confidence:.1f} %" for number in numbers)
            yield f"{head}   {text}   {confidences}".rstrip()


def _csv_row(values: Iterable[object]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(values)
    return text.getvalue()
