"""Fetch, verify and show MNIST, what networks learn from and are measured on."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from digits.errors import DataError

if TYPE_CHECKING:
    from digits.data.files import File

MISSING, DAMAGED = 2, 1  # exit codes of `verify`


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `fetch`, `verify` and `show` with their options."""
    parser.epilog = "Example: digits data show --part test --out samples.png"
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    fetch = actions.add_parser("fetch", help="bring what is lacking of the four files")
    verify = actions.add_parser("verify", help="check the four files by count and SHA-256")
    show = actions.add_parser("show", help="draw a sheet of samples as a PNG file")
    for action in (fetch, verify, show):
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


def run(args: argparse.Namespace) -> int:
    """Do what `args.action` says; the exit code is returned."""
    actions = {"fetch": _fetch, "verify": _verify, "show": _show}
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
