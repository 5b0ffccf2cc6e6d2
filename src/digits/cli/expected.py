"""What `digits read` is told of the numbers in its pictures: --expect, --list, --check, --sum."""

from __future__ import annotations

import argparse
from functools import reduce
from operator import and_
from pathlib import Path
from typing import get_args

from digits.errors import DigitsError
from digits.reading.checks import CHECKS
from digits.reading.expect import Expectation, checked, expectation, listed, numbers_in
from digits.reading.totals import Totals


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--expect",
        metavar="WHAT",
        help=r"what every number is: a range, 0..20 or 0..10/0.5, or a pattern, '\d{3}'",
    )
    parser.add_argument(
        "--list", type=Path, metavar="FILE", help="every number is one of FILE, a number a line"
    )
    parser.add_argument(
        "--check", choices=sorted(CHECKS), help="every number has a check digit that holds"
    )
    parser.add_argument(
        "--sum",
        dest="totals",
        choices=get_args(Totals),
        help="what is the total of the others: the last cell of each row or column of a table, or "
        "the last number",
    )


def expected(options: argparse.Namespace) -> Expectation | None:
    """What the options say that every number is; None if they say nothing. Raises DigitsError."""
    found = []
    if options.expect is not None:
        try:
            found.append(expectation(options.expect))
        except ValueError as error:
            raise DigitsError(f"--expect {error}") from None
    if options.list is not None:
        found.append(listed(numbers_in(options.list), str(options.list)))
    if options.check is not None:
        found.append(checked(options.check))
    if found and options.single:
        raise DigitsError("--single reads one digit, and no number to be expected; use --number")
    if options.totals and (options.single or options.number):
        raise DigitsError("--sum needs several numbers; leave --single and --number out")
    return reduce(and_, found) if found else None
