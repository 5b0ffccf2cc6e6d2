"""Fetch, verify and show MNIST, pen strokes and pages of numbers: what networks learn from."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from digits.errors import DataError

if TYPE_CHECKING:
    from digits.data.files import File

MISSING, DAMAGED = 2, 1  # exit codes of `verify`


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `fetch`, `verify`, `show`, `pages` and `strokes` with their options."""
    parser.epilog = "Example: digits data show --part test --out samples.png"
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    fetch = actions.add_parser("fetch", help="bring what is lacking of the four files")
    verify = actions.add_parser("verify", help="check the four files by count and SHA-256")
    show = actions.add_parser("show", help="draw a sheet of samples as a PNG file")
    pages = actions.add_parser("pages", help="make up pages of numbers, with the truth about them")
    strokes = actions.add_parser(
        "strokes",
        help="check the pen strokes of UNIPEN, or convert the published distribution",
        description="Check the tables of pen strokes by SHA-256, and count them. There is no "
        "download: unpack UNIPEN train_r01_v07 and convert it with --from.",
        epilog="Contains pen strokes of UNIPEN train_r01_v07, International Unipen Foundation, "
        "CC BY 4.0, https://doi.org/10.5281/zenodo.1195803; Guyon et al. 1994, "
        "DOI 10.1109/ICPR.1994.576870.",
    )
    for action in (fetch, verify, show, pages, strokes):
        action.add_argument(
            "--data",
            metavar="DIR",
            help="directory of the files (default: $DIGITS_DATA, else the user's cache)",
        )
    show.add_argument("--part", choices=("train", "test"), default="train")
    show.add_argument(
        "--out", metavar="FILE.png", type=Path, help="default: mnist-PART.png in this directory"
    )
    show.add_argument("--seed", metavar="N", type=int, default=0, help="which samples (default: 0)")
    pages.add_argument("--out", metavar="DIR", type=Path, required=True, help="where they go")
    pages.add_argument("--count", metavar="N", type=_count, default=16, help="default: 16")
    pages.add_argument("--seed", metavar="S", type=int, default=0, help="which pages (default: 0)")
    pages.add_argument(
        "--part",
        choices=("train", "validation"),
        default="train",
        help="validation: writers, papers and fonts that no training page has",
    )
    strokes.add_argument(
        "--from",
        dest="source",
        metavar="FOLDER",
        type=Path,
        help="convert the unpacked distribution in FOLDER, into the folder strokes of --data",
    )


def run(args: argparse.Namespace) -> int:
    """Do what `args.action` says; the exit code is returned."""
    actions = {
        "fetch": _fetch,
        "verify": _verify,
        "show": _show,
        "pages": _pages,
        "strokes": _strokes,
    }
    return actions[args.action](args)


def _fetch(args: argparse.Namespace) -> int:
    from digits.data import mnist

    print(mnist.fetch(args.data))
    return 0


def _verify(args: argparse.Namespace) -> int:
    """Print a line for each file; the exit code is that of the worst finding."""
    from digits.data import files, mnist

    home = mnist.home_directory(args.data)
    print(home)
    return max([_verify_file(file, home) for file in files.FILES])


def _verify_file(file: File, home: Path) -> int:
    from digits.data import files

    try:
        array = files.read(file, home)
    except DataError as error:
        print(f"{file.name}  DAMAGED: {error}")
        return DAMAGED
    if array is None:
        print(f"{file.name}  MISSING: digits data fetch brings it")
        return MISSING
    print(f"{file.name}  {len(array):6,}  {file.sha256}  ok")
    return 0


def _show(args: argparse.Namespace) -> int:
    """Draw a sheet of samples, one row a digit, and print where it is."""
    import cv2

    from digits.data import mnist
    from digits.data.sheet import draw_sheet
    from digits.files import write_atomically

    images, labels = mnist.load(args.part, args.data)
    title = f"MNIST, {args.part} part: {len(images):,} digits, some of each"
    _, encoded = cv2.imencode(".png", draw_sheet(images, labels, title, args.seed))
    out = args.out or Path(f"mnist-{args.part}.png")
    write_atomically(out, encoded.tobytes())
    print(out)
    return 0


def _pages(args: argparse.Namespace) -> int:
    """Write the pages into a folder, and print it."""
    import os

    from tqdm import tqdm

    from digits.errors import DigitsError, require

    require("fontpkg_roboto", "pages")
    from digits.synth.album import save_pages
    from digits.synth.page import make_pages
    from digits.synth.sources import Sources

    if args.out.exists() and any(args.out.iterdir()):
        raise DigitsError(f"{args.out} is not empty; name a new folder with --out")
    args.out.mkdir(parents=True, exist_ok=True)
    sources = Sources.open(args.part, args.data)
    processes = min(os.cpu_count() or 1, -(-args.count // 50))  # each takes a second to start
    pages = make_pages(args.count, args.seed, sources, processes=processes)
    bar = tqdm(pages, total=args.count, unit="page", leave=False, disable=not sys.stderr.isatty())
    save_pages(bar, args.out)
    print(args.out)
    return 0


def _strokes(args: argparse.Namespace) -> int:
    """Convert them if asked to, and print a line for each table; 1 if one is damaged."""
    from digits.data import strokes

    if args.source is not None:
        _convert(args.source, args.data)
    folder = strokes.find(args.data)
    print(f"{folder}\n{'kind':8}{'samples':>9}{'people':>8}")
    codes = [_verify_kind(kind, folder) for kind in strokes.KINDS]
    people = {part: len(strokes.people(part, folder)) for part in strokes.PARTS}
    parts = ", ".join(f"{count} {part}" for part, count in people.items())
    print(f"{sum(people.values())} people: {parts}\n{strokes.ATTRIBUTION}")
    return max(codes)


def _convert(source: Path, data: str | None) -> None:
    """Make the tables in the folder `strokes` of the directory, which must hold none."""
    from digits.data import directories, strokes
    from digits.data.stroke_tables import convert

    home = directories.named_directory(data) or directories.cache_directory()
    if held := strokes.held_in(home):
        raise DataError(f"{held} holds pen strokes; remove them, or name another --data")
    convert(source, home / "strokes")


def _verify_kind(kind: str, folder: Path) -> int:
    from digits.data import strokes

    try:
        table = strokes.load(kind, folder)
    except DataError as error:
        print(f"{kind:8} DAMAGED: {error}")
        return DAMAGED
    print(f"{kind:8}{len(table):9,}{len(table.by_writer):8,}")
    return 0


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of pages; expected 1 or more")
    return int(text)
