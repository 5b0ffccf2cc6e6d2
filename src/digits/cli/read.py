"""digits read: pictures in, numbers out."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from digits.cli import batch
from digits.errors import DigitsError, PagesWarning, PictureError
from digits.files import printable, replacing, write_atomically
from digits.io.formats import as_csv, as_json, as_table, as_text
from digits.io.picture import Picture
from digits.io.result import Outcome, Reading
from digits.io.sources import expand
from digits.reading.page.orientation import ORIENTATIONS
from digits.reading.reader import Reader

NAME_BYTES = 255  # the longest file name that Linux, macOS and Windows take
NOTHING_FOUND = (
    "--single reads a picture of one digit, --number one of one number, --orientation 90, 180 or "
    "270 one that lies otherwise"
)
EMPTY_CROP = "the picture seems empty; without --number it is searched as a page"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `digits read`."""
    parser.epilog = "Example: digits read photo.jpg --annotate annotated"
    parser.add_argument(
        "pictures",
        nargs="+",
        metavar="PICTURE",
        help='a file, a folder, or files by wildcards ("scans/*.png"); - is the input',
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object a line and picture")
    form.add_argument("--text", action="store_true", help="the numbers alone")
    form.add_argument("--csv", action="store_true", help="one row a number")
    parser.add_argument("--out", metavar="FILE", help="write to FILE, not to the screen")
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
    batch.add_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Read all pictures; 0 if every one could be read, 1 if some could not."""
    if batch.wanted(options):
        return batch.run(options)
    options.out = options.out and Path(options.out)
    reader = Reader(
        options.model,
        options.min_confidence,
        signs=not options.digits_only,
        profile=options.profile,
    )
    pictures = list(expand(options.pictures))
    names = [each for each in pictures if isinstance(each, str)]
    if options.out:
        _check_out(options.out, names)
    taken = [options.out] if options.out else []
    drawings = drawing_paths(names, options.annotate, taken)
    reasons = drawing_paths(names, options.explain, [*taken, *drawings.values()])
    outcomes = _outcomes(reader, pictures, options)
    advice = EMPTY_CROP if options.number else NOTHING_FOUND
    outcomes = _drawn(outcomes, Reading.draw, drawings)
    outcomes = _drawn(outcomes, reader.explain, reasons)
    failed: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("always", PagesWarning)
        warnings.showwarning = lambda message, *_, **__: _say(str(message))
        _write(_form(options)(_reported(outcomes, failed, advice)), options.out)
    return int(bool(failed))


def _outcomes(
    reader: Reader, pictures: list[Picture | Outcome], options: argparse.Namespace
) -> Iterator[Outcome]:
    """Read one picture after another."""
    orientation = None if options.orientation == "auto" else int(options.orientation)
    read = partial(
        reader.try_read, orientation=orientation, single=options.single, number=options.number
    )
    for picture in _with_progress(pictures):
        if isinstance(picture, Outcome):  # there is none
            yield picture
        elif picture == "-":
            # a process may have no standard input at all
            source = getattr(sys.stdin, "buffer", b"")
            yield replace(read(source), source="-")
        else:
            yield read(picture)


def _drawn(
    outcomes: Iterable[Outcome],
    draw: Callable[[Reading], NDArray[np.uint8]],
    paths: dict[str, Path],
) -> Iterator[Outcome]:
    """Pass outcomes on, and save a drawing of each reading where there is a path for it."""
    for outcome in outcomes:
        if outcome.reading is None or outcome.name not in paths:
            yield outcome
            continue
        try:
            drawing = draw(outcome.reading)
        except PictureError as error:  # gone since it was read
            yield replace(outcome, reading=None, error=str(error))
            continue
        _save(drawing, paths[outcome.name])
        yield outcome


def _reported(outcomes: Iterable[Outcome], failed: list[str], advice: str) -> Iterator[Outcome]:
    """Pass outcomes on, and say on standard error what went wrong; names of these go to `failed`.

    What was seen where nothing was found, and what to do, is printed once.
    """
    is_said = False
    for outcome in outcomes:
        if outcome.reading is None:
            failed.append(outcome.name)
            _say(str(outcome.error))
        elif not outcome.reading.numbers and not is_said:
            is_said = True
            _say(f"no digits found in {outcome.name}{what_was_seen(outcome.reading)}; {advice}")
        yield outcome


def what_was_seen(reading: Reading) -> str:
    """What on a picture without digits resembled some, in words; "" where nothing did."""
    match len(reading.rejected):
        case 0:
            return ""
        case 1:
            return ": what resembles one is too unsure"
        case count:
            return f": {count} candidates are all too unsure"


def _say(message: str) -> None:
    print(f"digits: {printable(message)}", file=sys.stderr)


def _form(options: argparse.Namespace) -> Callable[[Iterable[Outcome]], Iterator[str]]:
    if options.json:
        return as_json
    if options.text:
        return as_text
    return as_csv if options.csv else as_table


def drawing_paths(
    pictures: Iterable[str], folder: Path | None, taken: Iterable[Path] = ()
) -> dict[str, Path]:
    """Where each picture's drawing goes: under its own name, with a number where that is taken.

    The pictures themselves count as taken, and so do names that differ by case alone. Names that
    are too long are cut. Without a folder there are no drawings.
    """
    if folder is None:
        return {}
    pictures = dict.fromkeys(pictures)
    used = {_key(path) for path in taken} | {_key(Path(picture)) for picture in pictures}
    numbers: dict[str, int] = {}  # the last one given to each stem
    paths: dict[str, Path] = {}
    for picture in pictures:
        stem = "picture" if picture == "-" else Path(picture).stem
        number = numbers.get(stem, 1)
        path = folder / _fitting(stem, number)
        while _key(path) in used:
            number += 1
            path = folder / _fitting(stem, number)
        numbers[stem] = number
        used.add(_key(path))
        paths[picture] = path
    return paths


def _key(path: Path) -> str:
    """The same for all paths that may lead to one file."""
    return os.path.realpath(path).casefold()


def _fitting(stem: str, number: int) -> str:
    """The file name of a drawing, its stem cut so that it is no longer than a name may be."""
    ending = ".png" if number == 1 else f"-{number}.png"
    while len(os.fsencode(stem + ending)) > NAME_BYTES:
        stem = stem[:-1]
    return stem + ending


def _save(drawing: NDArray[np.uint8], path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DigitsError(f"cannot make the folder {path.parent}: {error.strerror}") from error
    encoded = cv2.imencode(".png", drawing[..., ::-1])[1]
    write_atomically(path, encoded.tobytes())


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
