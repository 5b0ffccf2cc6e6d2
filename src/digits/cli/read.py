"""digits read: pictures in, numbers out."""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from digits.cli import expected, many
from digits.cli.drawings import Names, drawn
from digits.errors import DigitsError, PagesWarning, require
from digits.files import printable, replacing
from digits.io.formats import as_csv, as_json, as_table, as_text
from digits.io.picture import Picture
from digits.io.result import Outcome, Reading
from digits.io.sources import expand, listed
from digits.reading.page.orientation import ORIENTATIONS
from digits.reading.page.unread import why_unread
from digits.reading.reader import Reader

NOTHING_FOUND = (
    "--single reads a picture of one digit, --number one of one number, --orientation 90, 180 or "
    "270 one that lies otherwise"
)
EMPTY_CROP = "the picture seems empty; without --number it is searched as a page"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `digits read`."""
    parser.epilog = "Example: digits read photo.jpg --annotate annotated"
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "pictures",
        nargs="*",
        default=[],
        metavar="PICTURE",
        help='a picture or document, a folder, or files by wildcards ("scans/*.png"); - is the '
        "input",
    )
    what.add_argument(
        "--files-from",
        metavar="FILE",
        help="read what FILE names, one a line or parted by NUL bytes; - is the input",
    )
    parser.add_argument(
        "--frames", action="store_true", help="read all frames of an animation, not the first alone"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object a line and picture")
    form.add_argument("--text", action="store_true", help="the numbers alone")
    form.add_argument("--csv", action="store_true", help="one row a number")
    form.add_argument("--table", action="store_true", help="tables alone, in rows and columns")
    parser.add_argument(
        "--out",
        metavar="FILE",
        help="write to FILE, not to the screen; a table as FILE ends: .csv, .tsv or .xlsx",
    )
    parser.add_argument(
        "--annotate", type=Path, metavar="DIR", help="draw what was read into pictures in DIR"
    )
    parser.add_argument(
        "--explain", type=Path, metavar="DIR", help="draw which ink spoke for each digit, in DIR"
    )
    known = parser.add_mutually_exclusive_group()
    known.add_argument(
        "--single", action="store_true", help="every picture holds exactly one digit"
    )
    known.add_argument(
        "--number", action="store_true", help="every picture holds exactly one number"
    )
    expected.add_arguments(parser)
    parser.add_argument("--model", default="default", metavar="M", help="model name or folder")
    parser.add_argument(
        "--profile", type=Path, metavar="DIR", help="what one hand taught (docs/teaching.md)"
    )
    parser.add_argument(
        "--orientation",
        choices=("auto", *map(str, ORIENTATIONS)),
        default="auto",
        help="turn each picture clockwise by so many degrees (default: as it can be read)",
    )
    parser.add_argument(
        "--min-confidence",
        type=_probability,
        default=0.0,
        metavar="P",
        help='digits less sure than P are "?" in the text (default: 0)',
    )
    parser.add_argument(
        "--digits-only",
        action="store_true",
        help="no signs and decimal marks: 8,0 is 8 and 0, -3 is 3",
    )
    many.add_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Read all pictures; 0 if every one could be read, 1 if some could not."""
    known = _known(options)
    sources = options.pictures or _listed(options.files_from)
    if many.wanted(options, sources):
        from digits.cli import batch  # not worth its import to a few pictures

        return batch.run(options, sources, known)
    options.out = options.out and Path(options.out)
    reader = Reader(
        options.model,
        options.min_confidence,
        signs=not options.digits_only,
        profile=options.profile,
    )
    drawings = [folder for folder in (options.annotate, options.explain) if folder]
    pictures = list(expand(sources, without=drawings))
    files = [each for each in pictures if isinstance(each, str)]
    if options.out:
        _check_out(options.out, files)
        _check_form(options)
    names = Names(files, [options.out] if options.out else [])
    outcomes = _outcomes(reader, pictures, known)
    advice = EMPTY_CROP if options.number else NOTHING_FOUND
    outcomes = drawn(outcomes, Reading.draw, options.annotate, names)
    outcomes = drawn(outcomes, reader.explain, options.explain, names)
    failed: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("always", PagesWarning)
        warnings.showwarning = lambda message, *_, **__: _say(str(message))
        outcomes = _reported(outcomes, failed, advice)
        if options.table:
            outcomes = _missed(outcomes)
        if is_workbook(options.out):
            from digits.io.workbook import write_numbers, write_tables

            write = write_tables if options.table else write_numbers
            with replacing(options.out) as file:
                write(outcomes, file)
        else:
            _write(_form(options)(outcomes), options.out)
    return int(bool(failed))


def _known(options: argparse.Namespace) -> dict[str, Any]:
    """What is known of the pictures: arguments of `Reader.read_pages`. Raises DigitsError."""
    return {
        "orientation": None if options.orientation == "auto" else int(options.orientation),
        "single": options.single,
        "number": options.number,
        "frames": options.frames,
        "expect": expected.expected(options),
        "totals": options.totals,
    }


def _outcomes(
    reader: Reader, pictures: list[Picture | Outcome], known: dict[str, Any]
) -> Iterator[Outcome]:
    """Read one picture after another, page by page."""
    for picture in _with_progress(pictures):
        if isinstance(picture, Outcome):  # there is none
            yield picture
        elif picture == "-":
            for outcome in reader.read_pages(_standard_input(), **known):
                yield replace(outcome, source="-")
        else:
            yield from reader.read_pages(picture, **known)


def _standard_input() -> BinaryIO:
    # a process may have no standard input at all
    return getattr(sys.stdin, "buffer", None) or io.BytesIO()


def _listed(file: str) -> list[str]:
    """The paths that a list names. Raises DigitsError if it names none."""
    try:
        content = _standard_input().read() if file == "-" else Path(file).read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = getattr(error, "strerror", None) or error
        raise DigitsError(f"cannot read the list {printable(file)}: {reason}") from error
    paths = listed(content)
    if not paths:
        raise DigitsError(f"the list {printable(file)} names no picture; expected one a line")
    return paths


def _reported(outcomes: Iterable[Outcome], failed: list[str], advice: str) -> Iterator[Outcome]:
    """Pass outcomes on, and say on standard error what went wrong; names of these go to `failed`.

    What was seen where nothing was found, and what to do, is printed once.
    """
    is_said = False
    for outcome in outcomes:
        if outcome.reading is None:
            failed.append(outcome.title)
            _say(str(outcome.error))
        elif not outcome.reading.numbers and not is_said:
            is_said = True
            seen = what_was_seen(outcome.reading)
            _say(f"no digits found in {outcome.title}{seen}; {advice}")
        elif odd := [n.text for n in outcome.reading.numbers if n.is_expected is False]:
            _say(f"{outcome.title}: not as expected: {' '.join(odd)}")
        yield outcome


def _missed(outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
    """Pass outcomes on, and say of the first picture with numbers and no table that it has none."""
    is_said = False
    for outcome in outcomes:
        reading = outcome.reading
        if reading is not None and reading.numbers and not reading.tables and not is_said:
            is_said = True
            _say(f"no table found in {outcome.title}; without --table all its numbers are written")
        yield outcome


def what_was_seen(reading: Reading) -> str:
    """What is on a picture without digits, in words; "" where nothing is."""
    seen = why_unread(reading)
    match len(reading.rejected):
        case 0:
            unsure = ""
        case 1:
            unsure = "what resembles one is too unsure"
        case count:
            unsure = f"{count} candidates are all too unsure"
    words = ", and ".join(filter(None, (unsure, seen)))
    return f": {words}" if words else ""


def _say(message: str) -> None:
    print(f"digits: {printable(message)}", file=sys.stderr)


def _form(options: argparse.Namespace) -> Callable[[Iterable[Outcome]], Iterator[str]]:
    if options.table:
        from digits.io.tables import as_grid, as_separated

        match options.out and options.out.suffix.lower():
            case ".csv":
                return partial(as_separated, delimiter=",")
            case ".tsv":
                return partial(as_separated, delimiter="\t")
            case _:
                return as_grid
    if options.json:
        return as_json
    if options.text:
        return as_text
    return as_csv if options.csv else as_table


def _write(lines: Iterator[str], out: Path | None) -> None:
    if out is None:
        for line in lines:
            print(line, flush=True)
        return
    with replacing(out) as file:
        for line in lines:
            file.write(f"{line}\n".encode(errors="backslashreplace"))


def _check_out(out: Path, pictures: Iterable[str]) -> None:
    """Fail before the pictures are read rather than after, and never replace one of them."""
    if out.is_dir() or not out.parent.is_dir():
        raise DigitsError(f"cannot write {out}: expected a file name in a folder that exists")
    if not out.is_file():
        return
    for picture in pictures:
        with contextlib.suppress(OSError):  # no such picture
            if os.path.samefile(out, 0 if picture == "-" else picture):  # noqa: PTH121  # 0: the input
                raise DigitsError(f"{out} is a picture to be read; name another file with --out")


def is_workbook(out: Path | None) -> bool:
    """Whether the output is a file for spreadsheets."""
    return out is not None and out.suffix.lower() == ".xlsx"


def _check_form(options: argparse.Namespace) -> None:
    """Fail before the pictures are read where a workbook cannot be written."""
    if not is_workbook(options.out):
        return
    if options.json or options.text or options.csv:
        raise DigitsError(
            f"{options.out} would be a workbook; write one without --json, --text and --csv, or "
            "name a file with another ending"
        )
    require("openpyxl", "tables")


def _with_progress(pictures: list[Picture | Outcome]) -> Iterable[Picture | Outcome]:
    if len(pictures) < 2 or not sys.stderr.isatty():
        return pictures
    from tqdm import tqdm

    return tqdm(pictures, unit="picture", file=sys.stderr, leave=False)  # type: ignore[no-any-return]


def _probability(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no probability; expected 0 to 1")
    return value
