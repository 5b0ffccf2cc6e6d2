"""The options of `digits read` for many pictures, and when they are many."""

from __future__ import annotations

import argparse
import os

from digits.batch import ARCHIVES

GOES_ON = ("resume", "retry_errors", "extend")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of many pictures; each of them has the batch engine read them.

    So do an archive or a Parquet file among the pictures, and --out FOLDER/ or x.parquet.
    """
    many = parser.add_argument_group(
        "many pictures",
        "With one of these options, an archive or a Parquet file to read, --out FOLDER/ or --out "
        "x.parquet, pictures are read by several processes, in parts that are kept: what was "
        "interrupted goes on with --resume. See docs/scale.md.",
    )
    many.add_argument("--jobs", type=_count, metavar="N", help="processes (default: one a core)")
    many.add_argument("--engine", choices=("local", "ray"), help="this machine, or a Ray cluster")
    many.add_argument(
        "--time-limit", type=_seconds, metavar="S", help="seconds that a page may take (60)"
    )
    many.add_argument("--resume", action="store_true", help="go on with what is in --out")
    many.add_argument(
        "--retry-errors", action="store_true", help="go on, and read failed pictures again"
    )
    many.add_argument("--extend", action="store_true", help="go on, with more pictures")


def wanted(options: argparse.Namespace, sources: list[str]) -> bool:
    """Whether the batch engine is to read, as `add_arguments` says."""
    asked = (options.jobs, options.engine, options.time_limit, is_going_on(options))
    out = options.out or ""
    return (
        any(asked)
        or out.endswith(("/", os.sep, ".parquet"))
        or any(each.lower().endswith(ARCHIVES) for each in sources)
    )


def is_going_on(options: argparse.Namespace) -> bool:
    """Whether a job that has begun is to go on."""
    return any(getattr(options, each) for each in GOES_ON)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of processes; expected 1 or more")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no time; expected seconds, more than 0")
    return seconds
