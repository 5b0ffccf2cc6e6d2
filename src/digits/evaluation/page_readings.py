"""Metrics of reading numbers on whole pages, for any reader."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits.evaluation.metrics import expected_calibration_error, reliability_bins
from digits.evaluation.selective import all_cuts, widest

Box = tuple[float, float, float, float]  # x, y, width, height in pixels
OVERLAP = 0.5  # minimum IoU of two boxes of the same number


@dataclass(frozen=True, slots=True)
class Found:
    """A number that was read: digits, box, and confidence in [0, 1]."""

    text: str
    box: Box
    confidence: float


@dataclass(frozen=True, slots=True)
class PageReading:
    """The labels of a page and what was read.

    truth: the digits of its numbers, in reading order. boxes: of the same numbers, None if unknown.
    ignore_boxes: in these, a reading is neither right nor wrong. found: in reading order. pixels:
    number of pixels of the page. seconds: time of the reading.
    """

    truth: tuple[str, ...]
    boxes: tuple[Box, ...] | None
    ignore_boxes: tuple[Box, ...]
    found: tuple[Found, ...]
    pixels: int
    seconds: float


@dataclass(frozen=True, slots=True)
class PagesScore:
    """Metrics over many pages; rates in [0, 1], None where there is nothing to measure.

    n: pages. read_rate: fraction of pages with all digits read in order and no others. digit_error:
    edit distance over the number of digits. number_f1: F1 of numbers as texts; box_f1: of their
    boxes at an IoU of 0.5. false_digits: digits per megapixel read on pages without any.
    coverage_99, coverage_999: the largest fraction of the numbers that a minimum confidence keeps
    with 99 or 99.9 % of them right. calibration_error: ECE of the confidences of numbers, 15 bins.
    median, slowest: seconds per page, 50th and 95th percentile; per_megapixel: median of seconds
    per megapixel.
    """

    n: int
    read_rate: float | None
    digit_error: float | None
    number_f1: float | None
    box_f1: float | None
    false_digits: float | None
    coverage_99: float | None
    coverage_999: float | None
    calibration_error: float | None
    median: float
    slowest: float
    per_megapixel: float

    def to_dict(self) -> dict[str, Any]:
        """The metrics as plain values, ready for JSON."""
        return asdict(self)


def score_pages(pages: Sequence[PageReading]) -> PagesScore:
    """The metrics of one page or more."""
    written = [page for page in pages if page.truth]
    empty = [page for page in pages if not page.truth and not page.ignore_boxes]
    boxed = [page for page in pages if page.boxes is not None]
    seconds = np.array([page.seconds for page in pages])
    return PagesScore(
        n=len(pages),
        read_rate=float(np.mean([_is_read(page) for page in written])) if written else None,
        digit_error=_digit_error(written) if written else None,
        number_f1=_number_f1(written) if written else None,
        box_f1=_box_f1(boxed) if any(page.boxes for page in boxed) else None,
        false_digits=_false_digits(empty) if empty else None,
        coverage_99=_coverage(written, 0.99) if written else None,
        coverage_999=_coverage(written, 0.999) if written else None,
        calibration_error=_calibration_error(pages),
        median=float(np.median(seconds)),
        slowest=float(np.quantile(seconds, 0.95)),
        per_megapixel=float(np.median(seconds / [page.pixels / 1e6 for page in pages])),
    )


def digits_in(text: str, box: Box, confidence: float) -> list[Found]:
    """The numbers in a line of text; boxes divide the line's box evenly by characters."""
    x, y, width, height = box
    step = width / max(len(text), 1)
    return [
        Found(run.group(), (x + run.start() * step, y, len(run.group()) * step, height), confidence)
        for run in re.finditer(r"[0-9]+", text)
    ]


def edits(a: str, b: str) -> int:
    """Edit distance of two texts (Levenshtein 1966)."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        new = [i]
        for j, y in enumerate(b, 1):
            new.append(min(row[j] + 1, new[-1] + 1, row[j - 1] + (x != y)))
        row = new
    return row[-1]


def overlap(a: Box, b: Box) -> float:
    """Intersection over union of two boxes."""
    across = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    down = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    common = max(across, 0.0) * max(down, 0.0)
    return common / max(a[2] * a[3] + b[2] * b[3] - common, 1e-9)


def _counted(page: PageReading) -> list[Found]:
    """The numbers read outside ignore boxes."""
    return [
        each for each in page.found if not any(_inside(each.box, box) for box in page.ignore_boxes)
    ]


def _inside(box: Box, area: Box) -> bool:
    x, y = box[0] + box[2] / 2, box[1] + box[3] / 2
    return area[0] <= x <= area[0] + area[2] and area[1] <= y <= area[1] + area[3]


def _is_read(page: PageReading) -> bool:
    return "".join(page.truth) == "".join(each.text for each in _counted(page))


def _digit_error(pages: Sequence[PageReading]) -> float:
    wrong = length = 0
    for page in pages:
        truth, found = "".join(page.truth), "".join(each.text for each in _counted(page))
        wrong += min(edits(truth, found), len(truth))
        length += len(truth)
    return wrong / max(length, 1)


def _number_f1(pages: Sequence[PageReading]) -> float:
    both = expected = found = 0
    for page in pages:
        truth, read = Counter(page.truth), Counter(each.text for each in _counted(page))
        both += (truth & read).total()
        expected, found = expected + truth.total(), found + read.total()
    return 2 * both / max(expected + found, 1)


def _box_f1(pages: Sequence[PageReading]) -> float:
    both = expected = found = 0
    for page in pages:
        rest = list(page.boxes or ())
        expected += len(rest)
        read = _counted(page)
        found += len(read)
        for each in sorted(read, key=lambda number: -number.confidence):
            best = max(rest, key=lambda box, own=each.box: overlap(own, box), default=None)  # type: ignore[misc]
            if best is not None and overlap(each.box, best) >= OVERLAP:
                rest.remove(best)
                both += 1
    return 2 * both / max(expected + found, 1)


def _false_digits(pages: Sequence[PageReading]) -> float:
    digits = sum(len(each.text) for page in pages for each in page.found)
    return digits / max(sum(page.pixels for page in pages) / 1e6, 1e-9)


def _judged(pages: Sequence[PageReading]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Confidence of all numbers read, and whether each is right.

    A text is right as often as it is on the page, the most confident readings first.
    """
    confidence: list[float] = []
    right: list[bool] = []
    for page in pages:
        rest = Counter(page.truth)
        for each in sorted(_counted(page), key=lambda number: -number.confidence):
            confidence.append(each.confidence)
            right.append(rest[each.text] > 0)
            rest[each.text] -= 1
    return np.array(confidence, np.float64), np.array(right, np.bool_)


def _coverage(pages: Sequence[PageReading], precision: float) -> float:
    confidence, right = _judged(pages)
    if not len(confidence):
        return 0.0
    cuts = all_cuts(confidence, right)
    best = widest(cuts, precision)
    right_kept = 0 if best is None else int(cuts.n[best] - cuts.errors[best])
    return right_kept / max(sum(len(page.truth) for page in pages), 1)


def _calibration_error(pages: Sequence[PageReading]) -> float | None:
    confidence, right = _judged(pages)
    if not len(confidence):
        return None
    return expected_calibration_error(reliability_bins(confidence, right))
