"""Which tables come out with all rows, columns and numbers in their places?

.venv/bin/python benchmarks/tables.py [--count N] [--seed S] [--part validation|train]
    [--system ours|img2table]

Makes N tables of each KIND with exact truth: 3 to 40 rows of 2 to 10 columns, written by writers
who are kept back from all training (validation), some with empty cells, headings and a column
of names, scanned or photographed, leaning and in perspective. Prints for each kind how many tables
have the right shape, and how many cells with a number hold exactly it in their row and column, with
Wilson intervals at 95 %; beside it how many of these numbers were read right anywhere on the page,
which no table can exceed; how many empty cells are empty; and on how many made-up pages without a
table (lines, sums, scattered numbers, prose) one was seen. "placed" is the alignment alone: of the
numbers that were read anywhere, how many stand in their row and column. Another program is measured
the same way where it is installed (`benchmarks/other_tables.py`).
"""

from __future__ import annotations

import argparse
import math
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray
from other_tables import Cells, Read, img2table

from digits import Reader, Reading
from digits.evaluation.metrics import wilson_interval
from digits.synth import camera, layouts, paper
from digits.synth.cast import Cast
from digits.synth.letters import make_up_word
from digits.synth.scene import lit_sheet
from digits.synth.sheet import Sheet
from digits.synth.sources import Sources
from digits.synth.typefaces import TypeWriter
from digits.synth.writing import Random
from digits.synth.written_number import Habits

KINDS = ("lattice", "open lattice", "lying rules", "no rules")
WITHOUT = (layouts.lines, layouts.sums, layouts.scattered, layouts.prose)
LONGEST = 1600  # pixels of the longest side of a table


@dataclass(frozen=True, slots=True, eq=False)
class MadeTable:
    """A picture (H, W, 3) uint8 RGB of a table, and what stands in its cells."""

    pixels: NDArray[np.uint8]
    cells: Cells


def make_table(kind: str, rng: Random, sources: Sources) -> MadeTable:
    """A table of one of KINDS in one hand, on paper, in a picture."""
    rows, columns = (
        round(math.exp(rng.uniform(math.log(3), math.log(40)))),
        int(rng.integers(2, 11)),
    )
    lengths = rng.integers(1, 5, columns)
    height = round(math.exp(rng.uniform(math.log(14), math.log(36))))
    gap = rng.uniform(0.6, 1.6) if "lattice" in kind else rng.uniform(1.2, 3)
    wide = np.round(height * (0.75 * lengths + gap)).astype(int)
    high = round(height * rng.uniform(1.4, 2.2))
    if max(rows * high, int(wide.sum())) > LONGEST - 6 * height:
        return make_table(kind, rng, sources)
    writer = sources.writer(rng)
    script, face = sources.script(writer, rng), TypeWriter.sample(sources.printed, rng)
    cast = Cast(writer, Habits.sample(rng), script, face, height, float(rng.uniform(0.05, 0.12)))
    has_heading, has_names = (int(each) for each in rng.random(2) < (0.4, 0.25))
    names = round(rng.uniform(3, 6) * height) if has_names else 0
    left, top = round(rng.uniform(1, 3) * height), round(rng.uniform(1, 3) * height)
    size = (
        top + (rows + has_heading) * high + round(rng.uniform(1, 3) * height),
        left + names + int(wide.sum()) + round(rng.uniform(1, 3) * height),
    )
    sheet = Sheet.empty(size)
    x = left + names + np.concatenate([[0], np.cumsum(wide)])
    y = top + high * np.arange(rows + has_heading + 1)
    lines_x = np.concatenate([[left], x]) if has_names else x
    _rule(kind, sheet, lines_x.tolist(), y.tolist(), height, rng)
    if has_heading:
        for low, room in zip(x, wide, strict=False):
            _print_word(sheet, cast, (int(low), int(y[0]), int(room), high), rng)
    if has_names:
        for low in y[has_heading:-1]:
            _print_word(sheet, cast, (left, int(low), names, high), rng)
    cells = _texts(rows, lengths, rng)
    sides = rng.choice(["left", "centre", "right"], columns)
    for row, line in enumerate(cells):
        for column, text in enumerate(line):
            if text is not None:
                box = (int(x[column]), int(y[has_heading + row]), int(wide[column]), high)
                _write(
                    sheet, cast, text, box, "centre" if "lattice" in kind else sides[column], rng
                )
    return MadeTable(_pictured(sheet, height, sources, rng), _without_empty(cells, kind))


def _rule(kind: str, sheet: Sheet, x: list[int], y: list[int], height: int, rng: Random) -> None:
    """The ruled lines of a table; one in six has heavier lines around it, one is broken."""
    if kind == "no rules":
        return
    thick = int(rng.choice([1, 1, 2, 3])) if height > 18 else 1
    layer = np.zeros(sheet.size, np.uint8)
    inner = slice(1, -1) if kind == "open lattice" else slice(None)
    for each in y[inner]:
        cv2.line(layer, (x[0], each), (x[-1], each), 255, thick)
    for each in x[inner] if kind != "lying rules" else []:
        cv2.line(layer, (each, y[0]), (each, y[-1]), 255, thick)
    if kind == "lattice" and rng.random() < 0.17:
        cv2.rectangle(layer, (x[0], y[0]), (x[-1], y[-1]), 255, 2 * thick + 1)
    if rng.random() < 0.17:  # a worn stamp, a faint copy
        layer = np.where(rng.random(sheet.size) < 0.25, 0, layer).astype(np.uint8)
    np.maximum(sheet.print, np.uint8(rng.uniform(0.35, 1) * layer), out=sheet.print)


def _texts(rows: int, lengths: NDArray[np.int64], rng: Random) -> Cells:
    """Numbers of up to these many digits in each column, some left out."""
    empty = rng.uniform(0.05, 0.35) if rng.random() < 0.4 else 0.0
    are_exact = rng.random(len(lengths)) < 0.4  # all of a column as long

    def one(length: int, is_exact: bool) -> str:
        count = length if is_exact else int(rng.integers(1, length + 1))
        return str(rng.integers(10 ** (count - 1) if count > 1 else 0, 10**count))

    return [
        [
            one(int(length), bool(exact)) if rng.random() >= empty else None
            for length, exact in zip(lengths, are_exact, strict=True)
        ]
        for _ in range(rows)
    ]


def _write(
    sheet: Sheet, cast: Cast, text: str, cell: tuple[int, int, int, int], side: str, rng: Random
) -> None:
    """A number in a cell, near its middle or at one side."""
    x, y, wide, high = cell
    number = cast.number(text, rng, room=wide)
    free = wide - number.ink.shape[1]
    at = {"left": 0.15, "centre": 0.5, "right": 0.85}[side] + rng.normal(0, 0.08)
    down = (high - number.ink.shape[0]) * rng.normal(0.5, 0.1)
    sheet.write(number, round(x + free * at), round(y + down), anywhere=True)


def _print_word(sheet: Sheet, cast: Cast, cell: tuple[int, int, int, int], rng: Random) -> None:
    """A printed word in a cell, cut where it does not fit."""
    x, y, wide, high = cell
    word = cast.face.word(make_up_word(rng), max(6, round(0.7 * cast.height)))
    ink = word.ink[: high - 2, : wide - 6]
    sheet.paste(ink, x + 3, y + (high - ink.shape[0]) // 2, printed=True)


def _without_empty(cells: Cells, kind: str) -> Cells:
    """The cells; where nothing shows them, without rows and columns that are empty."""
    if "lattice" in kind:
        return cells
    some = [row for row in cells if any(row)]
    filled = [any(column) for column in zip(*some, strict=True)]
    return [[cell for cell, is_some in zip(row, filled, strict=True) if is_some] for row in some]


def _pictured(sheet: Sheet, height: int, sources: Sources, rng: Random) -> NDArray[np.uint8]:
    """Half of them photographed, the others scanned, a degree askew."""
    scene = lit_sheet(sheet, height, sources, rng)
    if rng.random() < 0.5:
        scene = camera.seen_from(camera.viewpoint(sheet.size, rng), scene, rng)
        return camera.exposed(scene * paper.light(sheet.size, rng)[..., None], rng)
    middle = (sheet.size[1] / 2, sheet.size[0] / 2)
    turn = cv2.getRotationMatrix2D(middle, rng.normal(0, 1), 1.0)
    border = tuple(map(float, scene[0, 0]))
    scene = cv2.warpAffine(scene, turn, sheet.size[::-1], borderValue=border)
    return camera.cleaned(scene, rng) if rng.random() < 0.4 else camera.exposed(scene, rng)


@dataclass(slots=True)
class Score:
    """Counts of what is right, and of how many."""

    right: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)

    def add(self, what: str, right: int, asked: int = 1) -> None:
        self.right[what] += right
        self.asked[what] += asked

    def __str__(self) -> str:
        return " | ".join(
            f"{100 * right / n:5.1f} ({100 * low:.1f} – {100 * high:.1f}), n = {n}"
            for what, n in self.asked.items()
            if n
            for right in [self.right[what]]
            for low, high in [wilson_interval(right, n)]
        )


def score(found: Cells, texts: list[str], truth: Cells, total: Score) -> None:
    """Add what is right of one table; texts: of all numbers that were read on its page."""
    shape = (len(truth), len(truth[0]))
    total.add("shape", bool(found) and (len(found), len(found[0])) == shape)
    pairs = [
        (wanted, found[r][c] if found and r < len(found) and c < len(found[0]) else None)
        for r, row in enumerate(truth)
        for c, wanted in enumerate(row)
    ]
    full = [(a, b) for a, b in pairs if a is not None]
    total.add("cells", sum(a == b for a, b in full), len(full))
    both = Counter(texts) & Counter(a for a, _ in full)
    total.add("read anywhere", both.total(), len(full))
    total.add("placed", sum(a == b for a, b in full), both.total())
    total.add("empty cells", sum(b is None for a, b in pairs if a is None), len(pairs) - len(full))


def ours() -> Read:
    """How this project reads a picture: its largest table, and the texts of all its numbers."""
    reader = Reader(threads=1)

    def read(pixels: NDArray[np.uint8]) -> tuple[Cells, list[str]]:
        reading = reader.read(pixels)
        return largest(reading), [number.text for number in reading.numbers]

    return read


def largest(reading: Reading) -> Cells:
    """The texts of the largest table of a page."""
    tables = sorted(reading.tables, key=lambda each: -sum(map(len, each.rows)))
    return [[n and n.text for n in row] for row in tables[0].rows] if tables else []


def made(count: int, seed: int, sources: Sources) -> Iterator[tuple[str, MadeTable]]:
    """`count` tables of each kind."""
    for k, kind in enumerate(KINDS):
        for index in range(count):
            yield kind, make_table(kind, np.random.default_rng([seed, k, index]), sources)


def without_tables(count: int, seed: int, sources: Sources) -> Iterator[NDArray[np.uint8]]:
    """`count` pages of numbers that are no table, of each kind."""
    for k, layout in enumerate(WITHOUT):
        for index in range(count):
            rng = np.random.default_rng([seed, 100 + k, index])
            yield _page(layout, rng, sources)


def _page(
    layout: Callable[[Sheet, Cast, Random], None], rng: Random, sources: Sources
) -> NDArray[np.uint8]:
    sheet, writer = Sheet.empty((700, 700)), sources.writer(rng)
    script, face = sources.script(writer, rng), TypeWriter.sample(sources.printed, rng)
    height = int(rng.integers(14, 50))
    layout(sheet, Cast(writer, Habits.sample(rng), script, face, height, 0.08), rng)
    return _pictured(sheet, height, sources, rng)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=50, help="tables of each kind")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--part", default="validation", choices=("validation", "train"))
    parser.add_argument("--system", default="ours", choices=("ours", "img2table"))
    options = parser.parse_args()
    sources = Sources.open(options.part)
    read = ours() if options.system == "ours" else img2table()
    totals = {kind: Score() for kind in KINDS}
    for kind, table in made(options.count, options.seed, sources):
        score(*read(table.pixels), table.cells, totals[kind])
    print("| kind | shape right, % | cells right, % | read anywhere, % | placed, % | empty, % |")
    print("|---|---|---|---|---|---|")
    for kind, total in totals.items():
        print(f"| {kind} | {total} |")
    pages = [bool(read(page)[0]) for page in without_tables(options.count, options.seed, sources)]
    low, high = wilson_interval(sum(pages), len(pages))
    print(
        f"\npages without a table on which one was seen: {sum(pages)} of {len(pages)} "
        f"({100 * low:.1f} – {100 * high:.1f} %)"
    )


if __name__ == "__main__":
    main()
