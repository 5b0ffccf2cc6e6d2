"""How lines of writing by people that no network learned from are read, as whole pictures.

.venv/bin/python benchmarks/lines.py [BUNDLE] [--lines N] [--seed S] [--sheet FILE]

BUNDLE   a bundle folder (default: the one that ships)
--lines  how many lines (default 1000)
--seed   of these lines (default 40000)
--sheet  a picture of lines that are read wrong

Prints for each kind of line how many are read without an error: their digits in order; their
numbers as written, with minus and decimal marks; and of lines without a digit, how many stay clean.
Needs pen strokes (`digits data strokes`).
"""

import argparse
import os
import re
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from digits import Reader
from digits.model.store import DEFAULT, SHIPPED
from digits.synth.line import WrittenLine, make_line
from digits.synth.pool import make_many
from digits.synth.sources import Sources

NUMBER = re.compile(r"(?:(?<![0-9)A-Za-z.,%])-)?[0-9]+(?:[.,][0-9]+)*")
KINDS: dict[str, Callable[[str], bool]] = {
    "no digit": lambda text: not re.search("[0-9]", text),
    "digits and letters": lambda text: bool(re.search("[A-Za-z]", text)),
    "decimal marks": lambda text: bool(re.search("[0-9][.,][0-9]", text)),
    "a minus": lambda text: bool(re.match("-|.* -", text)),
    "other signs": lambda text: bool(re.search("[^0-9 ]", text)),
    "digits alone": lambda text: True,
}
"""The first that fits is the kind of a line."""


def numbers_of(text: str) -> list[str]:
    """The numbers that a line says, each as written."""
    plain = text.replace("'", "").replace("²", " 2").replace("³", " 3")
    return NUMBER.findall(plain)


def table(lines: list[WrittenLine], reader: Reader) -> list[tuple[WrittenLine, str]]:
    """Print the table; returns the lines whose numbers are not read as written, and their texts."""
    rows: dict[str, list[tuple[bool, bool]]] = {kind: [] for kind in KINDS}
    wrong = []
    for line in lines:
        reading = reader.read(line.page.pixels, orientation=0)
        wanted, found = numbers_of(line.text), [number.text for number in reading.numbers]
        same = "".join(re.findall("[0-9]", "".join(wanted))) == "".join(
            str(digit.digit) for number in reading.numbers for digit in number.digits
        )
        kind = next(kind for kind, fits in KINDS.items() if fits(line.text))
        rows[kind].append((same, wanted == found))
        if wanted != found:
            wrong.append((line, reading.transcript))
    print(f"{'kind of line':20} {'n':>5} {'digits':>8} {'as written':>11}")
    for kind, found in rows.items():
        if found:
            digits, written = 100 * np.mean(found, axis=0)
            print(f"{kind:20} {len(found):5} {digits:7.1f}% {written:10.1f}%")
    return wrong


def sheet(wrong: list[tuple[WrittenLine, str]], file: Path) -> None:
    """Draw lines with what they say and what was read."""
    cells: list[NDArray[np.uint8]] = []
    for line, found in wrong[:90]:
        scale = 60 / line.page.pixels.shape[0]
        small = cv2.resize(line.page.pixels, None, fx=scale, fy=scale)[:, :596]
        cell = np.full((84, 600, 3), 235, np.uint8)
        cell[20 : 20 + small.shape[0], : small.shape[1]] = small
        caption = f"{line.text}  >  {found}".encode("ascii", "replace").decode()
        cv2.putText(cell, caption[:80], (1, 14), 0, 0.45, (200, 0, 0), 1, cv2.LINE_AA)
        cells.append(cell)
    cells += [np.full_like(cells[0], 235)] * (-len(cells) % 3)
    rows = [np.hstack(cells[at : at + 3]) for at in range(0, len(cells), 3)]
    cv2.imwrite(str(file), np.vstack(rows)[..., ::-1])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("bundle", nargs="?", type=Path, default=SHIPPED / DEFAULT)
    parser.add_argument("--lines", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=40_000)
    parser.add_argument("--sheet", type=Path)
    options = parser.parse_args()
    sources = Sources.open("validation")
    lines = make_many(make_line, options.lines, options.seed, sources, os.cpu_count() or 1)
    wrong = table(list(lines), Reader(options.bundle))
    if options.sheet and wrong:
        sheet(wrong, options.sheet)


if __name__ == "__main__":
    main()
