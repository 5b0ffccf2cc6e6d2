"""Who reads numbers on pages best: this project, RapidOCR, Tesseract, or contours?

.venv/bin/python benchmarks/reading.py [--pages N] [--real DIR] [--gallery DIR]

--pages    made-up pages of writers, papers and typefaces that no training saw (default 200); half
           as many more are close-ups of a number, as amounts and answers are cut out
--real     a folder of pictures: in each folder in it, pictures and a labels.csv with columns file
           and text; `|` ends a line, and a blank separates numbers
--gallery  writes the worst misreadings of each system into this folder, to be looked at

RapidOCR runs where `pip install rapidocr` was, Tesseract where its command is; one that is missing
is left out. All read digits only, each in its best settings, one after the other on each page.
"""

import argparse
import csv
import importlib.util
import platform
import re
import shutil
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from digits import Classifier, Reader
from digits.evaluation.page_readings import (
    Box,
    Found,
    PageReading,
    PagesScore,
    digits_in,
    edits,
    score_pages,
)
from digits.io.result import Digit, Number, number_of
from digits.model.bundle import open_bundle
from digits.model.inputs import normalise_tile
from digits.model.store import CLASSIFIER, DEFAULT, KINDS, SHIPPED
from digits.reading.page.numbers import reading_order
from digits.reading.page.textline import side_by_side
from digits.synth.closeup import close_up
from digits.synth.page import Page, make_pages
from digits.synth.sources import Sources

Pixels = NDArray[np.uint8]  # (H, W, 3) RGB
System = Callable[[Pixels], list[Found]]
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


def ours() -> tuple[System, int]:
    reader = Reader(signs=False)

    def read(pixels: Pixels) -> list[Found]:
        numbers = reader.read(pixels).numbers
        return [Found(n.text, tuple(map(float, n.box)), n.confidence) for n in numbers]

    return read, _our_size(*KINDS)


def contours() -> tuple[System, int]:
    """Otsu's threshold, the outer contours, our classifier: how digit projects read pages."""
    classifier = Classifier()

    def read(pixels: Pixels) -> list[Found]:
        grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
        _, ink = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)
        if (ink > 0).mean() > 0.5:
            ink = 255 - ink
        found, _ = cv2.findContours(ink, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        boxes = [box for box in map(cv2.boundingRect, found) if box[3] >= 8]
        if not boxes:
            return []
        tiles = np.stack([normalise_tile(ink[y : y + h, x : x + w]) for x, y, w, h in boxes])
        probabilities, is_digit = classifier.classify(tiles)
        digits = [
            Digit.likeliest(row, float(sure), box, tile)
            for box, tile, row, sure in zip(boxes, tiles, probabilities, is_digit, strict=True)
            if sure > 0.5
        ]
        numbers = [number for line in reading_order(_by_gaps(digits)) for number in line]
        return [Found(n.text, tuple(map(float, n.box)), n.confidence) for n in numbers]

    return read, _our_size(CLASSIFIER)


def _by_gaps(digits: list[Digit]) -> list[Number]:
    """Digits side by side as numbers, separated at gaps nearly as wide as a digit is high."""
    numbers, parameters = [], open_bundle().parameters.textline
    boxes = np.array([digit.box for digit in digits], np.float32)
    for line in side_by_side(boxes, parameters):
        groups = [[digits[line[0]]]]
        high = float(np.median(boxes[line, 3]))
        for before, index in pairwise(line):
            gap = boxes[index, 0] - boxes[before, 0] - boxes[before, 2]
            if gap > 0.9 * high:
                groups.append([])
            groups[-1].append(digits[index])
        numbers += [number_of(g, float(np.prod([d.confidence for d in g]))) for g in groups]
    return numbers


def _our_size(*kinds: str) -> int:
    return sum((SHIPPED / DEFAULT / kind / "model.onnx").stat().st_size for kind in kinds)


def rapidocr() -> tuple[System, int]:
    from rapidocr import RapidOCR

    engine = RapidOCR(params={"Global.log_level": "critical"})

    def read(pixels: Pixels) -> list[Found]:
        result = engine(cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
        if result.boxes is None:
            return []
        found = []
        for corners, text, score in zip(result.boxes, result.txts, result.scores, strict=True):
            low, high = np.min(corners, axis=0), np.max(corners, axis=0)
            found.append((text, (*low.tolist(), *(high - low).tolist()), float(score)))
        return [number for line in _in_lines(found) for number in digits_in(*line)]

    return read, _rapid_size(("det", "rec", "cls"))


def rapidocr_recogniser() -> tuple[System, int]:
    """Its recogniser alone, on pictures that are one line; of any others it is not asked."""
    from rapidocr import RapidOCR

    engine = RapidOCR(params={"Global.log_level": "critical"})

    def read(pixels: Pixels) -> list[Found]:
        height, width = pixels.shape[:2]
        bgr = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
        result = engine(bgr, use_det=False, use_cls=False, use_rec=True)
        text, score = (result.txts or ("",))[0], float((result.scores or (0.0,))[0])
        return digits_in(text, (0.0, 0.0, float(width), float(height)), score)

    return read, _rapid_size(("rec",))


def tesseract() -> tuple[System, int]:
    """Sparse text, digits only, on a picture enlarged to where it reads best."""

    def read(pixels: Pixels) -> list[Found]:
        scale = float(np.clip(1500 / max(pixels.shape), 1, 3))
        large = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        with tempfile.NamedTemporaryFile(suffix=".png") as file:
            cv2.imwrite(file.name, cv2.cvtColor(large, cv2.COLOR_RGB2BGR))
            options = ["--psm", "11", "-c", "tessedit_char_whitelist=0123456789", "tsv"]
            command = ["tesseract", file.name, "-", *options]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
        found = []
        for row in csv.DictReader(done.stdout.splitlines(), delimiter="\t", quoting=3):
            if row["text"] and row["text"].strip():
                box = tuple(float(row[k]) / scale for k in ("left", "top", "width", "height"))
                found.append((row["text"].strip(), box, float(row["conf"]) / 100))
        return [number for line in _in_lines(found) for number in digits_in(*line)]

    files = Path("/usr/share/tesseract-ocr").glob("*/tessdata/eng.traineddata")
    return read, sum(path.stat().st_size for path in files)


SYSTEMS: dict[str, tuple[Callable[[], tuple[System, int]], bool]] = {
    "digits": (ours, True),
    "RapidOCR": (rapidocr, importlib.util.find_spec("rapidocr") is not None),
    "its recogniser": (rapidocr_recogniser, importlib.util.find_spec("rapidocr") is not None),
    "Tesseract": (tesseract, shutil.which("tesseract") is not None),
    "contours": (contours, True),
}


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
    order = _reading_order(boxes)
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


def _in_lines(found: list[tuple[str, Box, float]]) -> list[tuple[str, Box, float]]:
    return [found[i] for i in _reading_order([box for _, box, _ in found])]


def _reading_order(boxes: list[Box]) -> list[int]:
    """Indices of boxes, line by line, from left to right."""
    lines: list[list[int]] = []
    for i in sorted(range(len(boxes)), key=lambda i: boxes[i][1] + boxes[i][3] / 2):
        middle = boxes[i][1] + boxes[i][3] / 2
        if lines and middle < boxes[lines[-1][-1]][1] + 0.8 * boxes[lines[-1][-1]][3]:
            lines[-1].append(i)
        else:
            lines.append([i])
    return [i for line in lines for i in sorted(line, key=lambda i: boxes[i][0])]


def _rapid_size(parts: tuple[str, ...]) -> int:
    import rapidocr

    models = Path(rapidocr.__file__).parent.glob("models/*.onnx")
    return sum(m.stat().st_size for m in models if any(f"_{part}" in m.name for part in parts))


def run(cases: list[Case], gallery: Path | None) -> None:
    readings: dict[tuple[str, str], list[PageReading]] = defaultdict(list)
    worst: dict[str, list[tuple[int, Case, str]]] = defaultdict(list)
    systems = {name: make() for name, (make, is_there) in SYSTEMS.items() if is_there}
    for case in cases:
        for name, (read, _) in systems.items():
            if name == "its recogniser" and not _is_line(case):
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
                print(f"  {name:16}{_line(score_pages(pages))}")
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
    options = parser.parse_args()
    cases = list(made_up(options.pages))
    if options.real:
        cases += real(options.real)
    run(cases, options.gallery)


if __name__ == "__main__":
    main()
