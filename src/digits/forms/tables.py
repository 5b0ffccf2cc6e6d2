"""Filled forms as a table: one row a form, as CSV or a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from digits.errors import require
from digits.files import printable
from digits.forms.filled import FilledField, FilledForm
from digits.forms.template import Form

DOUBTFUL = "FFF2CC"  # background of a doubtful cell: light amber
NAMES = ("picture", "error")  # the columns besides the fields


def headings(form: Form) -> list[str]:
    """The columns: the picture, the fields, their confidences, and why a picture was not read."""
    fields = [printable(field.name) for field in form.fields]
    return [NAMES[0], *fields, *(f"{name} confidence" for name in fields), NAMES[1]]


def as_csv(form: Form, filled: Iterable[FilledForm]) -> Iterator[str]:
    """Lines of CSV (RFC 4180), the first with the headings; an empty field is an empty cell."""
    yield _line(headings(form))
    for each in filled:
        name, error = printable(each.name), printable(each.error or "")
        if each.error is not None:
            yield _line([name, *[""] * (2 * len(form.fields)), error])
            continue
        numbers = [field.number for field in each.fields]
        texts = [number.text if number else "" for number in numbers]
        sure = [f"{number.confidence:.4f}" if number else "" for number in numbers]
        yield _line([name, *texts, *sure, error])


def as_xlsx(form: Form, filled: Sequence[FilledForm]) -> bytes:
    """A spreadsheet: numbers are numbers, doubtful ones coloured, with a note of what else they
    may be. Raises MissingExtraError without openpyxl."""
    openpyxl = require("openpyxl", "tables")
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "forms"
    for column, name in enumerate([NAMES[0], *(f.name for f in form.fields), NAMES[1]], 1):
        _put_text(sheet.cell(1, column), name)
        sheet.cell(1, column).font = openpyxl.styles.Font(bold=True)
    for row, each in enumerate(filled, 2):
        _put_text(sheet.cell(row, 1), each.name)
        _put_text(sheet.cell(row, len(form.fields) + 2), each.error or "")
        for column, field in enumerate(each.fields, 2):
            _put_field(sheet.cell(row, column), field, openpyxl)
    sheet.freeze_panes = "B2"
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _put_text(cell: Any, text: str) -> None:
    """A name as text, also one that begins like a formula."""
    cell.value = printable(text) or None
    if cell.value is not None:
        cell.data_type = "s"


def _put_field(cell: Any, field: FilledField, openpyxl: Any) -> None:
    number = field.number
    if number is None:
        return
    value = number.value
    # 007 and 1.234 keep what they are as text
    if value is not None and str(value) == number.text.replace(",", "."):
        cell.value = value
    else:
        _put_text(cell, number.text)
    if field.is_doubtful:
        cell.fill = openpyxl.styles.PatternFill("solid", fgColor=DOUBTFUL)
        cell.comment = openpyxl.comments.Comment(doubt(field), "digits")


def doubt(field: FilledField) -> str:
    """What is doubtful about a field, in words."""
    number = field.number
    assert number is not None
    words = [f"{100 * number.confidence:.0f} % sure"]
    other, probability = number.runner_up
    if other:
        words.append(f"or {other} ({100 * probability:.0f} %)")
    if number.is_expected is False:
        words.append(f"expected {field.field.expect or 'a digit in each cell written in'}")
    return ", ".join(words)


def _line(values: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(values)
    return text.getvalue()
