"""How pages that lie otherwise are turned, and the parameters that decide it.

.venv/bin/python benchmarks/fit_orientation.py [BUNDLE] [--pages N] [--seed S] [--try NAME VALUE …]

BUNDLE   a bundle folder (default: the one that ships)
--pages  made-up pages by writers of validation; of two in three a close-up of a number (default
         300); each is read as it stands and lying three ways
--seed   of these pages (default 61000)
--try    print the same for other values of a parameter too, as enough 2 2.5 3.5 4

By the number of digits on a page: how many lying ones are turned right, of those on which a digit
has one way up; lying ones that are turned wrongly; upright ones that are turned; digits read on a
page without any as it stands and lying (the three ways together); and how many upright pages are
turned on trial, which takes time.
"""

import argparse
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
from fit_parameters import pages
from numpy.typing import NDArray

from digits import Reader
from digits.model.parameters import Orientation
from digits.model.store import DEFAULT, SHIPPED
from digits.reading.page.greyscale import prepare
from digits.reading.page.numbers import Page
from digits.reading.page.orientation import ORIENTATIONS, UPRIGHT_DIGITS, rotated, upright

GROUPS = {0: "none", 1: "1", 4: "2 to 4", 10: "5 to 10", 10_000: "more"}  # up to so many digits


class Memory:
    """Reads each picture once, however often it is asked for."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.pages: dict[tuple[tuple[int, ...], int], Page] = {}
        self.reads = 0

    def __call__(self, grey: NDArray[np.uint8]) -> Page:
        key = grey.shape, hash(grey.tobytes())
        if key not in self.pages:
            self.pages[key] = self.reader._read_page(grey)  # the step that `upright` is given
        self.reads += 1
        return self.pages[key]


def measure(
    made: list[tuple[NDArray[np.uint8], list[int]]], memory: Memory, parameters: Orientation
) -> None:
    """Print the table of these pages, each with its digits."""
    counts: dict[str, NDArray[np.int64]] = defaultdict(lambda: np.zeros(8, np.int64))
    for grey, digits in made:
        count = counts[next(name for most, name in GROUPS.items() if len(digits) <= most)]
        tells = any(digit in UPRIGHT_DIGITS for digit in digits)
        for lies in ORIENTATIONS:
            memory.reads = 0
            degrees, page = upright(rotated(grey, -lies % 360), memory, parameters)
            if not lies:
                found = [1, degrees > 0, memory.reads > 1, 0, 0, 0, len(page.digits), 0]
            else:
                right, wrong = degrees == lies, degrees not in (0, lies)
                found = [0, 0, 0, tells, tells and right, wrong, 0, len(page.digits)]
            count += np.array(found, np.int64)
    print(
        f"{'digits':8}  pages  turned  on trial   lying  turned right  turned wrongly  false digits"
    )
    for name in GROUPS.values():
        n, turned, trial, lying, right, wrong, read, read_lying = counts[name].tolist()
        false = f"{read} and {read_lying}" if name == "none" else ""
        share = f"{right / lying:13.1%}" if lying else " " * 13
        print(f"{name:8} {n:6} {turned:7} {trial:9} {lying:7} {share} {wrong:15}  {false}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("bundle", nargs="?", type=Path, default=SHIPPED / DEFAULT)
    parser.add_argument("--pages", type=int, default=300)
    parser.add_argument("--seed", type=int, default=61_000)
    parser.add_argument("--try", dest="values", nargs="+", metavar="NAME VALUE", default=("",))
    options = parser.parse_args()
    reader = Reader(options.bundle)
    made = [
        (prepare(page.pixels)[0], [digit for number in page.numbers for digit, _ in number.digits])
        for page in pages(options.pages, options.seed)
        if not page.ignore_boxes or page.numbers
    ]
    memory, shipped = Memory(reader), reader.bundle.parameters.orientation
    name, *values = options.values
    for parameters in (shipped, *(replace(shipped, **{name: float(value)}) for value in values)):
        print(parameters)
        measure(made, memory, parameters)


if __name__ == "__main__":
    main()
