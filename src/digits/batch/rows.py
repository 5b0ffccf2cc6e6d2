"""Outcomes → the rows of a job's output, and the class of what went wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from digits.files import printable
from digits.io.formats import COLUMNS, as_csv, as_table, as_text
from digits.io.result import Outcome

TIME, CRASH, OTHER = "time", "crash", "other"
# How messages of pictures begin, after the name.
_CLASSES = (
    (r"is not an image|is a directory|is no regular", "not an image"),
    (r"is too large", "too large"),
    (r"is cut off|is damaged|is empty|.* is (cut off|damaged)", "damaged"),
    (r"is encrypted", "encrypted"),
    (r".*is not installed", "needs a package"),
    (r"does not exist|matches no|holds no|cannot be opened|may not be", "not found"),
    (r"took longer than", TIME),
    (r"ended the process", CRASH),
)


@dataclass(frozen=True, slots=True)
class Rows:
    """What one outcome adds to the output.

    values: lines of text, or JSON-ready objects for Parquet; there may be none. error: the class
    of what went wrong; "" for a reading.
    """

    values: tuple[Any, ...]
    error: str = ""


def rows_of(outcome: Outcome, form: str) -> Rows:
    """The rows of one outcome; form: "json", "csv", "text", "table" or "parquet".

    Rows of JSON and Parquet are the objects of `digits read --json`; those with an error have
    `error_class` too, and CSV a column of this name.
    """
    kind = error_class(outcome.error) if outcome.reading is None else ""
    content = outcome.to_dict() | ({"error_class": kind} if kind else {})
    if form == "parquet":
        return Rows((content,), kind)
    if form == "json":
        return Rows((json.dumps(content),), kind)
    if form == "csv":
        _, *lines = as_csv([outcome])
        return Rows(tuple(f"{line},{kind}" for line in lines), kind)
    texts = (as_text if form == "text" else as_table)([outcome])
    return Rows(tuple(line for text in texts for line in text.split("\n")), kind)


def heading(form: str) -> str | None:
    """The first line of a file; None if the form has no heading."""
    return ",".join((*COLUMNS, "error_class")) if form == "csv" else None


def failure(name: str, problem: str, form: str, page: int = 1) -> Rows:
    """The rows of a picture that cannot be read; problem: what follows its name in the message."""
    return rows_of(Outcome(name, page, None, f'"{printable(name)}" {problem}', 0.0), form)


def error_class(message: str | None) -> str:
    """What kind of error a message tells of, in a word or three: "damaged", "too large", …"""
    problem = re.sub(r'^(".*"|the \w+( \w+)? given) ', "", message or "")
    if problem.startswith("the picture could not be read"):
        return "defect"
    return next((name for start, name in _CLASSES if re.match(start, problem)), OTHER)


def class_of(outcomes: Sequence[Rows]) -> str:
    """The class of the first error among a picture's outcomes; "" if all were read."""
    return next((rows.error for rows in outcomes if rows.error), "")
