"""How systems that learned on other data read handwritten numbers of one hand each.

.venv/bin/python benchmarks/zero_shot.py [--numbers N] [--whole N] [--digits N] [--only NAME …]
                                         [--sheet FILE]

--numbers  of each kind of number (default 200; of UNIPEN as many as there are)
--whole    how many of these are also read by systems that look for text first, which take seconds
           (default 20)
--digits   single digits of each kind (default 500)
--only     these systems of systems.py (default: all that are installed)
--sheet    draw some of the pictures, to be looked at

ZIP codes, amounts and clock times are those of Wagstaff 2025 (arXiv 2512.00676) made again: tiles
of MNIST's test part side by side, all of one writer (QMNIST's table), no marks between them.
UNIPEN's numbers and digits are those of its test people, drawn with one pen. Black on white;
systems for pages are given the number on a sheet of 640 × 480 pixels, others its crop. A number is
right if all of its digits are read in order and no others; marks do not count.

Time is the processor's, of one picture, as a multiple of this project's in the same run; with one
thread (OMP_NUM_THREADS=1, taskset) it is that of one core. Needs pen strokes (`digits data
strokes`).
"""

import argparse
import os
import platform
import re
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from systems import Entry, Opened, Pixels, at_hand

from digits import Reader
from digits.data import mnist, strokes
from digits.data.strokes import Strokes
from digits.data.writers import writers
from digits.evaluation.metrics import wilson_interval
from digits.synth.stroke_hand import smooth
from digits.synth.writing import Random, drawn

SEED = 50_000
ENLARGED = 2  # times, tiles of 28 pixels, whose digits are 20 pixels high
HEIGHT, PEN = 48, 4  # pixels of a digit of UNIPEN, and of its pen
SHEET = (480, 640)  # height and width of the picture in which systems for pages find a number
TOLD = {
    "page": "told nothing",
    "line": "told that the picture is one line, or one number",
    "digit": "told that the picture is one digit",
}
NUMBER = r"[0-9][0-9 .,:/-]*"


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A picture, and the digits on it."""

    pixels: Pixels
    digits: str


def zip_code(rng: Random) -> str:
    return f"{rng.integers(601, 99927):05}"


def amount(rng: Random) -> str:
    """Of 1.00 to 9,999.99, each number of digits as often as the others."""
    return str(rng.integers(10 ** (power := int(rng.integers(2, 6))), 10 ** (power + 1)))


def clock_time(rng: Random) -> str:
    return f"{rng.integers(1, 13)}{rng.integers(60):02}"


def of_one_hand(make_up: Callable[[Random], str], count: int) -> Iterator[Case]:
    """Numbers in tiles of MNIST's test part, each by one writer."""
    rng, hands = np.random.default_rng(SEED), []
    images, labels = mnist.load("test")
    for writer in np.unique(writers("test")):
        own = writers("test") == writer
        hands.append({str(digit): images[own & (labels == digit)] for digit in range(10)})
    while count:
        hand, text = hands[rng.integers(len(hands))], make_up(rng)
        if all(len(hand[digit]) for digit in text):
            tiles = [hand[digit][rng.integers(len(hand[digit]))] for digit in text]
            yield Case(on_paper(np.hstack(tiles), ENLARGED), text)
            count -= 1


def of_unipen(count: int) -> Iterator[Case]:
    """Words and lines of UNIPEN's test people that are numbers of two digits or more."""
    for kind in ("words", "text"):
        for case in _drawn(strokes.load(kind), NUMBER):
            if len(case.digits) > 1 and count:
                yield case
                count -= 1


def mnist_digits(count: int) -> Iterator[Case]:
    images, labels = mnist.load("test")
    for index in np.random.default_rng(SEED).permutation(len(images))[:count]:
        yield Case(on_paper(images[index], ENLARGED), str(labels[index]))


def mnist_tiles(count: int) -> Iterator[Case]:
    """The same as they are, white on black and without a margin, as classifiers were trained."""
    images, labels = mnist.load("test")
    for index in np.random.default_rng(SEED).permutation(len(images))[:count]:
        yield Case(np.repeat(images[index][..., None], 3, axis=2), str(labels[index]))


def unipen_digits(count: int) -> Iterator[Case]:
    """Digits of UNIPEN's test people, each of whom counts alike."""
    table, rng = strokes.load("digits"), np.random.default_rng(SEED)
    able = [person for person in strokes.people("test").tolist() if person in table.by_writer]
    for _ in range(count):
        own = table.by_writer[able[rng.integers(len(able))]]
        index = int(own[rng.integers(len(own))])
        yield Case(_picture(table, index), str(table.label[index]))


NUMBERS = {
    "ZIP codes": lambda count: of_one_hand(zip_code, count),
    "amounts": lambda count: of_one_hand(amount, count),
    "clock times": lambda count: of_one_hand(clock_time, count),
    "UNIPEN's numbers": of_unipen,
}
DIGITS = {
    "MNIST's test tiles": mnist_tiles,
    "the same on paper": mnist_digits,
    "UNIPEN's digits": unipen_digits,
}


def on_paper(ink: NDArray[np.uint8], enlarged: int = 1) -> Pixels:
    """Bright ink as black on white paper, with a margin."""
    size = (ink.shape[1] * enlarged, ink.shape[0] * enlarged)
    large = cv2.resize(ink, size, interpolation=cv2.INTER_CUBIC)
    return np.repeat(255 - np.pad(large, HEIGHT // 2)[..., None], 3, axis=2)


def on_sheet(pixels: Pixels) -> Pixels:
    """A picture in the middle of a white sheet; one that is larger stays as it is."""
    spare = [max(0, whole - own) // 2 for whole, own in zip(SHEET, pixels.shape, strict=False)]
    return np.pad(pixels, [(each, each) for each in (*spare, 0)], constant_values=255)


def _drawn(table: Strokes, pattern: str) -> Iterator[Case]:
    """Samples of the test people whose label is of that pattern, in random order."""
    chosen = np.flatnonzero(np.isin(table.writer, strokes.people("test")))
    for index in np.random.default_rng(SEED).permutation(chosen).tolist():
        if re.fullmatch(pattern, str(table.label[index])):
            yield Case(_picture(table, index), re.sub("[^0-9]", "", str(table.label[index])))


def _picture(table: Strokes, index: int) -> Pixels:
    lines = [smooth(line / table.unit) for line in table.sample(index)]
    low = np.concatenate(lines).min(axis=0)
    moved = tuple((line - low).astype(np.float32) for line in lines)
    return on_paper(drawn(moved, HEIGHT, PEN).ink)


def measure(
    pictures: list[Pixels], cases: list[Case], opened: Opened
) -> tuple[list[bool], list[float]]:
    """Which cases are read right, and the processor's seconds for each."""
    right, seconds = [], []
    for picture, case in zip(pictures, cases, strict=True):
        started = sum(os.times()[:4])
        found = opened[0](picture)
        seconds.append(sum(os.times()[:4]) - started)
        right.append("".join(each.text for each in found) == case.digits)
    return right, seconds


def table(groups: dict[str, list[Case]], entries: dict[str, Entry], whole: int, first: str) -> None:
    """Print a table in Markdown: a row for each system, a column for each group."""
    print(f"\n| system | told | models | {' | '.join(groups)} | time |")
    print("|---" * (len(groups) + 4) + "|")
    usual: float | None = None
    for name, entry in entries.items():
        opened = entry.open()
        is_page = entry.reads == "page"
        limit = whole if is_page and entry.needs else None
        cells, times = [], []
        opened[0](next(iter(groups.values()))[0].pixels)  # the first reading opens networks
        for every in groups.values():
            cases = every[:limit]
            pictures = [on_sheet(c.pixels) if is_page else c.pixels for c in cases]
            right, seconds = measure(pictures, cases, opened)
            low, high = wilson_interval(sum(right), len(right))
            share = sum(right) / len(right)
            cells.append(f"{share:.1%} ({low:.0%} to {high:.0%}, n = {len(right)})")
            times += seconds
        mean = statistics.mean(times)
        usual = mean if name == first else usual
        ratio = f"{mean / usual:.1f}" if usual else "–"
        size = f"{opened[1] / 1e6:.1f} MB"
        row = (name, TOLD[entry.reads], size, *cells, ratio)
        print(f"| {' | '.join(row)} |", flush=True)


def sheet(groups: dict[str, list[Case]], file: Path) -> None:
    """Draw pictures of each group beside each other."""
    rows = []
    for cases in groups.values():
        row = np.full((140, 1600, 3), 200, np.uint8)
        x = 4
        for case in cases:
            high, wide = case.pixels.shape[:2]
            if high <= 132 and x + wide <= 1600:
                row[4 : 4 + high, x : x + wide] = case.pixels
                x += wide + 8
        rows.append(row)
    cv2.imwrite(str(file), np.vstack(rows))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--numbers", type=int, default=200)
    parser.add_argument("--whole", type=int, default=20)
    parser.add_argument("--digits", type=int, default=500)
    parser.add_argument("--only", nargs="+", default=())
    parser.add_argument("--sheet", type=Path)
    options = parser.parse_args()
    numbers = {name: list(make(options.numbers)) for name, make in NUMBERS.items()}
    digits = {name: list(make(options.digits)) for name, make in DIGITS.items()}
    if options.sheet:
        sheet(numbers | digits, options.sheet)
    print(f"{platform.system()} {platform.machine()}, fingerprint {Reader().fingerprint}")
    only = tuple(options.only)
    table(numbers, at_hand(("page", "line"), only), options.whole, "digits")
    table(digits, at_hand(("digit",), only), options.whole, "digits, one digit")


if __name__ == "__main__":
    main()
