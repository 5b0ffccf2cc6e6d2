"""digits read: pictures in, numbers out."""

from __future__ import annotations

import argparse
import csv
import io
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from digits.errors import DigitsError
from digits.files import write_atomically
from digits.io.result import SCHEMA, Reading
from digits.reading.page.orientation import ORIENTATIONS
from digits.reading.reader import Reader

COLUMNS = ("picture", "line", "number", "confidence", "x", "y", "width", "height", "error")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one picture: a reading, or the message why there is none."""

    picture: str
    reading: Reading | None
    error: str | None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `digits read`."""
    parser.epilog = "Example: digits read photo.jpg --annotate annotated"
    parser.add_argument("pictures", nargs="+", metavar="PICTURE", help="a file; - is the input")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object a line and picture")
    form.add_argument("--text", action="store_true", help="the numbers alone")
    form.add_argument("--csv", action="store_true", help="one row a number")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write to FILE, not to the screen")
    parser.add_argument(
        "--annotate", type=Path, metavar="DIR", help="draw what was read into pictures in DIR"
    )
    parser.add_argument(
        "--explain", type=Path, metavar="DIR", help="draw which ink spoke for each digit, in DIR"
    )
    parser.add_argument(
        "--single", action="store_true", help="every picture holds exactly one digit"
    )
    parser.add_argument("--model", default="default", metavar="M", help="model name or folder")
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


def run(options: argparse.Namespace) -> int:
    """Read all pictures; 0 if every one could be read, 1 if some could not."""
    reader = Reader(options.model, options.min_confidence)
    if options.out:
        _check_folder_of(options.out)
    drawings = drawing_paths(options.pictures, options.annotate)
    reasons = drawing_paths(options.pictures, options.explain, taken=drawings.values())
    outcomes = []

    def read_all() -> Iterator[Outcome]:
        for picture in _with_progress(options.pictures):
            outcome = _read(reader, picture, options)
            outcomes.append(outcome)
            if outcome.error:
                print(f"digits: {outcome.error}", file=sys.stderr)
            if outcome.reading and picture in drawings:
                _save(outcome.reading.draw(), drawings[picture])
            if outcome.reading and picture in reasons:
                _save(reader.explain(outcome.reading, Path(picture).name), reasons[picture])
            yield outcome

    _write(_form(options)(read_all()), options.out)
    return int(any(outcome.error for outcome in outcomes))


def _read(reader: Reader, picture: str, options: argparse.Namespace) -> Outcome:
    try:
        # a process may have no standard input at all
        source = getattr(sys.stdin, "buffer", b"") if picture == "-" else picture
        if options.single:
            reading = reader.read_single(source)
        else:
            turn = None if options.orientation == "auto" else int(options.orientation)
            reading = reader.read(source, turn)
    except DigitsError as error:
        return Outcome(picture, None, str(error))
    return Outcome(picture, reading, None)


def _form(options: argparse.Namespace) -> Any:
    if options.json:
        return as_json
    if options.text:
        return as_text
    return as_csv if options.csv else as_table


def as_json(outcomes: Iterable[Outcome]) -> Iterator[str]:
    """JSON Lines: one object a picture, also for those that failed."""
    for outcome in outcomes:
        if outcome.reading is None:
            content: dict[str, Any] = {"error": outcome.error, "schema": SCHEMA}
        else:
            content = outcome.reading.to_dict()
        # ASCII alone: names in any letters, also in bytes that are none, pass through any pipe
        yield json.dumps({"picture": outcome.picture} | content)


def as_text(outcomes: Iterable[Outcome]) -> Iterator[str]:
    """The text of each picture that could be read."""
    for outcome in outcomes:
        if outcome.reading is not None:
            yield outcome.reading.text


def as_csv(outcomes: Iterable[Outcome]) -> Iterator[str]:
    """One row a number, under a heading; one row with the message for a picture that failed."""
    yield _csv_row(COLUMNS)
    for outcome in outcomes:
        if outcome.reading is None:
            yield _csv_row([outcome.picture, *[""] * 7, outcome.error])
            continue
        for line, numbers in enumerate(outcome.reading.lines, 1):
            for number in numbers:
                sure = f"{number.confidence:.6f}"
                yield _csv_row([outcome.picture, line, number.text, sure, *number.box, ""])


def as_table(outcomes: Iterable[Outcome]) -> Iterator[str]:
    """For people: a block a picture, a line of it a line read."""
    for outcome in outcomes:
        if outcome.reading is None:
            yield f"{outcome.picture}   not read"
            continue
        lines = outcome.reading.text.splitlines() or ["(no digits)"]
        for index, (text, numbers) in enumerate(
            zip(lines, outcome.reading.lines or [()], strict=True)
        ):
            name = outcome.picture if index == 0 else " " * len(outcome.picture)
            sure = "  ".join(f"{100 * number.confidence:.1f} %" for number in numbers)
            yield f"{name}   {text}   {sure}".rstrip()


def drawing_paths(
    pictures: Iterable[str], folder: Path | None, taken: Iterable[Path] = ()
) -> dict[str, Path]:
    """Where each picture's drawing goes: under its own name, with a number where that is taken.

    The pictures themselves count as taken, and so do names that differ by case alone. Without a
    folder there are no drawings.
    """
    if folder is None:
        return {}
    pictures, folder = dict.fromkeys(pictures), folder.resolve()
    names = {str(path).casefold() for path in taken}
    names |= {str(Path(picture).resolve()).casefold() for picture in pictures}
    paths: dict[str, Path] = {}
    for picture in pictures:
        stem = "picture" if picture == "-" else Path(picture).stem
        path, number = folder / f"{stem}.png", 2
        while str(path).casefold() in names:
            path, number = folder / f"{stem}-{number}.png", number + 1
        names.add(str(path).casefold())
        paths[picture] = path
    return paths


def _save(drawing: NDArray[np.uint8], path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DigitsError(f"cannot make the folder {path.parent}: {error.strerror}") from error
    encoded = cv2.imencode(".png", drawing[..., ::-1])[1]
    write_atomically(path, encoded.tobytes())


def _csv_row(values: Iterable[object]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(values)
    return text.getvalue()


def _write(lines: Iterator[str], out: Path | None) -> None:
    if out:
        text = "".join(f"{line}\n" for line in lines)
        write_atomically(out, text.encode(errors="backslashreplace"))
        return
    for line in lines:
        print(line, flush=True)


def _check_folder_of(out: Path) -> None:
    """Fail before the pictures are read rather than after."""
    if out.is_dir() or not out.parent.is_dir():
        raise DigitsError(f"cannot write {out}: expected a file name in a folder that exists")


def _with_progress(pictures: list[str]) -> Iterable[str]:
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
