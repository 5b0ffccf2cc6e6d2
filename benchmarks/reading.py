"""Who reads numbers on pages best: this project, other systems for reading text, or contours?

.venv/bin/python benchmarks/reading.py [--pages N] [--real DIR] [--gallery DIR] [--only NAME …]

--pages    made-up pages of writers, papers and typefaces that no training saw (default 200); half
           as many more are close-ups of a number, as amounts and answers are cut out
--real     a folder of pictures: in each folder in it, pictures and a labels.csv with columns file
           and text; `|` ends a line, and a blank separates numbers
--gallery  writes the worst misreadings of each system into this folder, to be looked at
--only     these systems (default: all that are installed)

The systems are those of systems.py; one that is not installed is left out, with a word on what
brings it. All read digits only, one after the other on each page.
"""

import argparse
import csv
import platform
import re
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from systems import Entry, Pixels, at_hand, order_of_boxes

from digits.evaluation.page_readings import (
    Box,
    PageReading,
    PagesScore,
    edits,
    score_pages,
)
from digits.synth.closeup import close_up
from digits.synth.page import Page, make_pages
from digits.synth.sources import Sources

SEED = 20_000
WORST, SIDE = 20, 320  # misreadings in a gallery, and pixels of each


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A page to read: of which group it is, its pixels, and its truth."""

    group: str
    pixels: Pixels
    wanted: tuple[str, ...]
    boxes: tuple[Box, ...] | None
    unclear: tuple[Box, ...]


def made_up(count: int) -> Iterator[Case]:
    sources = Sources.open("validation")
    for page in make_pages(count, SEED, sources):
        yield Case(page.layout, page.pixels, *_truth(page))
    for index, page in enumerate(make_pages(count // 2, SEED + 1, sources)):
        if close := close_up(page, np.random.default_rng([SEED, index])):
            yield Case("close-ups", close.pixels, *_truth(close))


def _truth(page: Page) -> tuple[tuple[str, ...], tuple[Box, ...], tuple[Box, ...]]:
    """The runs of digits on a page, as people read them: signs separate numbers."""
    wanted, boxes = [], []
    for number in page.numbers:
        boxes_of_digits = iter(box for _, box in number.digits)
        for run in re.findall("[0-9]+|[²³]", number.text.replace("'", "")):
            own = np.array([next(boxes_of_digits) for _ in run])
            low, high = own[:, :2].min(axis=0), (own[:, :2] + own[:, 2:]).max(axis=0)
            wanted.append(run.replace("²", "2").replace("³", "3"))
            boxes.append((*low.tolist(), *(high - low).tolist()))
    order = order_of_boxes(boxes)
    return tuple(wanted[i] for i in order), tuple(boxes[i] for i in order), page.ignore_boxes


def real(folder: Path) -> Iterator[Case]:
    for labels in sorted(folder.glob("*/labels.csv")):
        with labels.open(newline="") as lines:
            for row in csv.DictReader(lines):
                picture = cv2.imread(str(labels.parent / row["file"]), cv2.IMREAD_COLOR)
                text = row.get("digits_only") or row.get("text") or ""
                wanted = tuple(re.findall(r"[0-9]+", text.replace("c", "")))
                pixels = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)
                yield Case(labels.parent.name, pixels, wanted, None, ())


def run(cases: list[Case], entries: dict[str, Entry], gallery: Path | None) -> None:
    readings: dict[tuple[str, str], list[PageReading]] = defaultdict(list)
    worst: dict[str, list[tuple[int, Case, str]]] = defaultdict(list)
    systems = {name: entry.open() for name, entry in entries.items()}
    for case in cases:
        for name, (read, _) in systems.items():
            if entries[name].reads == "line" and not _is_line(case):
                continue
            started = time.perf_counter()
            found = tuple(read(case.pixels))
            seconds = time.perf_counter() - started
            size = case.pixels.shape[0] * case.pixels.shape[1]
            page = PageReading(case.wanted, case.boxes, case.unclear, found, size, seconds)
            readings[case.group, name].append(page)
            got, truth = "".join(f.text for f in found), "".join(case.wanted)
            worst[name].append((edits(truth, got), case, f"{truth[:12]} | {got[:12]}"))
    print(
        f"{platform.system()} {platform.machine()}, {platform.processor() or 'unknown processor'}"
    )
    for name, (_, size) in systems.items():
        print(f"{name}: models of {size / 1e6:.1f} MB")
    for group in dict.fromkeys(case.group for case in cases):
        print(f"\n{group}")
        for name in systems:
            if pages := readings.get((group, name)):
                print(f"  {name:20}{_line(score_pages(pages))}")
    for name, misread in worst.items():
        if gallery:
            _draw(sorted(misread, key=lambda each: -each[0])[:WORST], gallery / f"{name}.png")


def _is_line(case: Case) -> bool:
    height, width = case.pixels.shape[:2]
    return width > 2.5 * height and len(case.wanted) <= 4


def _line(score: PagesScore) -> str:
    def rate(value: float | None) -> str:
        return "    –" if value is None else f"{100 * value:5.1f}"

    false = "   –" if score.false_digits is None else f"{score.false_digits:4.1f}"
    return (
        f"n={score.n:4}  read {rate(score.read_rate)}  digit error {rate(score.digit_error)}  "
        f"F1 {rate(score.number_f1)}  boxes {rate(score.box_f1)}  "
        f"kept at 99 % {rate(score.coverage_99)}, at 99.9 % {rate(score.coverage_999)}  "
        f"ECE {rate(score.calibration_error)}  "
        f"false a megapixel {false}  {1000 * score.median:6.0f} ms, p95 {1000 * score.slowest:6.0f}"
        f", a megapixel {1000 * score.per_megapixel:6.0f}"
    )


def _draw(misread: list[tuple[int, Case, str]], path: Path) -> None:
    cells = []
    for errors, case, caption in misread:
        if not errors:
            continue
        scale = SIDE / max(case.pixels.shape[:2])
        small = cv2.resize(case.pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        cell = np.full((SIDE + 24, SIDE, 3), 245, np.uint8)
        cell[24 : 24 + small.shape[0], : small.shape[1]] = small
        cv2.putText(cell, caption, (2, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (180, 0, 0), 1)
        cells.append(cell)
    if cells:
        cells += [np.full_like(cells[0], 245)] * (-len(cells) % 5)
        rows = [np.hstack(cells[at : at + 5]) for at in range(0, len(cells), 5)]
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), cv2.cvtColor(np.vstack(rows), cv2.COLOR_RGB2BGR))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pages", type=int, default=200)
    parser.add_argument("--real", type=Path)
    parser.add_argument("--gallery", type=Path)
    parser.add_argument("--only", nargs="+", default=())
    options = parser.parse_args()
    entries = at_hand(("page", "line"), tuple(options.only))
    cases = list(made_up(options.pages))
    if options.real:
        cases += real(options.real)
    run(cases, entries, options.gallery)


if __name__ == "__main__":
    main()
