"""Which digits of synthetic pages are read: by height, layout and contact with a neighbour.

.venv/bin/python benchmarks/strata.py [--pages N] [--seed S]

--pages  synthetic pages of validation writers, papers and typefaces (default 200)
--seed   of these pages (default 20000)

Prints for each height of the digits, each layout, and for touching digits: their number, the
fraction read with a box at an IoU of 0.5, F1 of boxes, and the fraction of numbers read; and the
digits per megapixel read on pages without any.
"""

import argparse
import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from digits import Reader
from digits.evaluation.page_readings import OVERLAP
from digits.geometry import iou
from digits.io.result import Reading
from digits.synth.page import Page, PageNumber, make_pages
from digits.synth.sources import Sources

HEIGHTS = (0, 12, 16, 24, 48, 1000)  # pixels


@dataclass(slots=True)
class Count:
    """Digits of a group: expected on the pages, found at their boxes, right, and read in all."""

    expected: int = 0
    found: int = 0
    right: int = 0
    read: int = 0


def groups_of(page: Page, number: PageNumber) -> Iterator[tuple[str, list[int]]]:
    """Groups, and the indices of the number's digits in each."""
    every = list(range(len(number.digits)))
    boxes = np.array([box for _, box in number.digits])
    yield "all", every
    yield f"layout {page.layout}", every
    for low, high in pairwise(HEIGHTS):
        yield (
            f"{low} to {high} pixels high",
            [index for index in every if low <= boxes[index, 3] < high],
        )
    touching = [
        index for index in every[1:] if boxes[index, 0] <= boxes[index - 1, 0] + boxes[index - 1, 2]
    ]
    yield "touching the one before", touching


def count(page: Page, reading: Reading, counts: dict[str, Count], whole: dict[str, list]) -> None:
    read = [digit for number in reading.numbers for digit in number.digits]
    boxes = np.array([digit.box for digit in read], np.float32).reshape(-1, 4)
    ignore_boxes = np.array(page.ignore_boxes, np.float32).reshape(-1, 4)
    is_clear = np.array([not iou(box, ignore_boxes).any() for box in boxes], bool)
    counts["all"].read += int(is_clear.sum())
    counts[f"layout {page.layout}"].read += int(is_clear.sum())
    texts = [number.text for number in reading.numbers]
    for number in page.numbers:
        overlaps = [iou(np.array(box, np.float32), boxes) for _, box in number.digits]
        best = [int(each.argmax()) if len(each) else -1 for each in overlaps]
        found = [b >= 0 and each[b] >= OVERLAP for b, each in zip(best, overlaps, strict=True)]
        right = [
            ok and read[b].digit == digit
            for ok, b, (digit, _) in zip(found, best, number.digits, strict=True)
        ]
        is_read = all(right) and "".join(str(digit) for digit, _ in number.digits) in "".join(texts)
        for name, members in groups_of(page, number):
            group = counts[name]
            group.expected += len(members)
            group.found += sum(found[index] for index in members)
            group.right += sum(right[index] for index in members)
            if len(members) == len(number.digits):
                whole[name].append(is_read)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pages", type=int, default=200)
    parser.add_argument("--seed", type=int, default=20_000)
    options = parser.parse_args()
    reader, counts, whole = Reader(signs=False), defaultdict(Count), defaultdict(list)
    false = pixels = 0
    made = make_pages(
        options.pages, options.seed, Sources.open("validation"), processes=os.cpu_count() or 1
    )
    for page in made:
        reading = reader.read(page.pixels)
        count(page, reading, counts, whole)
        if not page.numbers and not page.ignore_boxes:
            false += sum(len(number.text) for number in reading.numbers)
            pixels += page.pixels.shape[0] * page.pixels.shape[1]
    print(f"{'digits':38} {'n':>6} {'read':>7} {'F1':>7} {'numbers':>9}")
    for name, each in sorted(counts.items()):
        if each.expected:
            f1 = f"{2 * each.found / (each.expected + each.read):7.1%}" if each.read else f"{'':7}"
            numbers = f"{np.mean(whole[name]):9.1%}" if whole[name] else ""
            print(f"{name:38} {each.expected:6,} {each.right / each.expected:7.1%} {f1} {numbers}")
    print(
        f"false digits a megapixel, of {pixels / 1e6:.1f} without any: {1e6 * false / pixels:.2f}"
    )


if __name__ == "__main__":
    main()
