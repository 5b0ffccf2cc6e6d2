"""digits form: learn the fields of an empty form, then read all that were filled in."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import cv2

from digits.errors import DigitsError
from digits.files import printable, replacing, write_atomically

if TYPE_CHECKING:
    from digits.forms import FilledForm, Form


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `learn` and `read` with their options."""
    parser.epilog = "Example: digits form learn blank.png --out form.json --draw check.png"
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    learn = actions.add_parser("learn", help="find the fields of an empty form")
    learn.add_argument(
        "blank", metavar="BLANK", help="a picture of the form with nothing filled in"
    )
    learn.add_argument(
        "--out", type=Path, metavar="FORM.json", required=True, help="its fields, to edit by hand"
    )
    learn.add_argument(
        "--draw", type=Path, metavar="CHECK.png", help="draw the fields that were found, to check"
    )
    read = actions.add_parser("read", help="read scans or photos of the form, one row each")
    read.add_argument("form", type=Path, metavar="FORM.json", help="what digits form learn wrote")
    read.add_argument(
        "pictures",
        nargs="+",
        metavar="SCAN",
        help='a file, a folder, or files by wildcards ("scans/*.png")',
    )
    read.add_argument(
        "--out",
        type=Path,
        metavar="TABLE",
        help="a table, .csv or .xlsx (default: CSV on the screen)",
    )
    read.add_argument(
        "--review", type=Path, metavar="PAGE.html", help="a page with every doubtful field"
    )
    read.add_argument("--model", default="default", metavar="M", help="model name or folder")


def run(options: argparse.Namespace) -> int:
    """Do what `options.action` says; 0 if all was done, 1 if some pictures were not read."""
    return _learn(options) if options.action == "learn" else _read(options)


def _learn(options: argparse.Namespace) -> int:
    from digits.forms import learn
    from digits.forms.template import picture_beside

    kept = picture_beside(options.out)
    _check_place("--out", options.out, ".json")
    _check_place("--draw", options.draw, ".png")
    for path in filter(None, (kept, options.draw)):
        if path.exists() and Path(options.blank).exists() and path.samefile(options.blank):
            raise DigitsError(f"{path} is the blank form itself; name another file")
    if options.draw and options.draw.resolve() == kept.resolve():
        raise DigitsError(f"--draw {options.draw} is where the blank form is kept; name another")
    form = learn(options.blank)
    form.save(options.out)
    if options.draw:
        write_atomically(options.draw, cv2.imencode(".png", form.draw()[..., ::-1])[1].tobytes())
    kinds = [field.kind for field in form.fields]
    counts = ", ".join(
        f"{kinds.count(kind)} {words[kinds.count(kind) != 1]}"
        for kind, words in WORDS.items()
        if kind in kinds
    )
    print(f"{options.out}: {counts}")
    return 0


WORDS = {"box": ("box", "boxes"), "line": ("line", "lines"), "comb": ("comb", "combs")}


def _read(options: argparse.Namespace) -> int:
    from digits.forms import open_form
    from digits.forms.many import read_many_forms
    from digits.forms.review import review_page

    form = open_form(options.form)
    _check_place("--out", options.out, ".csv", ".xlsx")
    _check_place("--review", options.review, ".html")
    filled: list[FilledForm] = []
    kept = _kept(read_many_forms(form, options.pictures, options.model), filled)
    _write_table(form, kept, options.out)
    if options.review:
        write_atomically(options.review, review_page(filled))
    return int(any(each.error is not None for each in filled))


def _kept(forms: Iterable[FilledForm], filled: list[FilledForm]) -> Iterator[FilledForm]:
    """Pass forms on, say what went wrong, and keep what the review shows."""
    for each in forms:
        if each.error is not None:
            print(f"digits: {printable(each.error)}", file=sys.stderr)
        filled.append(each.for_review())
        yield each


def _write_table(form: Form, filled: Iterator[FilledForm], out: Path | None) -> None:
    from digits.forms.tables import as_csv, as_xlsx

    if out is None:
        for line in as_csv(form, filled):
            print(line, flush=True)
    elif out.suffix.lower() == ".xlsx":
        with replacing(out) as file:
            file.write(as_xlsx(form, list(filled)))
    else:
        with replacing(out) as file:
            for line in as_csv(form, filled):
                file.write(f"{line}\r\n".encode(errors="backslashreplace"))


def _check_place(option: str, path: Path | None, *endings: str) -> None:
    """Fail before the pictures are read rather than after."""
    if path is None:
        return
    if path.suffix.lower() not in endings:
        raise DigitsError(f"{option} {path}: expected a name that ends in {' or '.join(endings)}")
    if path.is_dir() or not path.parent.is_dir():
        raise DigitsError(f"cannot write {path}: expected a file name in a folder that exists")
