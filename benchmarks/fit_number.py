"""Which text is the one number of a crop? Weights of `digits.model.parameters.Number`.

.venv/bin/python benchmarks/fit_number.py [--crops N] [--seed S] [--try NAME=VALUE …]

--crops  made-up close-ups of one number each, by writers that no network learned from, to fit on
         (default 900); as many others are tested on
--seed   of these (default 71)
--try    another value of a parameter that is no weight, such as height=0.5

Prints the weights, fitted by maximum likelihood, and the log-loss and exact numbers without each
feature, in folds; then how many of the other crops are read exactly, how well confidence holds and
how long a crop takes, with the weights that ship, with these, and by the page route.
"""

import argparse
import math
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from digits import Reader
from digits.evaluation.metrics import expected_calibration_error, reliability_bins
from digits.model.bundle import Bundle
from digits.model.parameters import Number
from digits.reading.number.choose import FEATURES, weights_of
from digits.reading.number.lines import find_lines
from digits.reading.number.route import think_of
from digits.reading.page.greyscale import prepare
from digits.synth.closeup import close_up
from digits.synth.page import Box, Page, make_pages
from digits.synth.sources import Sources

ONE = re.compile(r"\D*\d[\d.,']*\D*")  # no date, fraction or sum
TRIES = 3  # close-ups of a page
BATCH = 64  # crops read at once
FOLDS = 5
RIDGE = 1e-3
ROUNDS = 30
LEAST = 1e-12  # probability of which a logarithm is taken


@dataclass(frozen=True, slots=True, eq=False)
class Crop:
    """A crop (H, W, 3) uint8 RGB, the digits of its number, and the layout of its page."""

    pixels: NDArray[np.uint8]
    digits: str
    layout: str


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """features: (N + 1, F + 1) of N texts, then of any other; the last column is 1 for that alone.
    is_right: (N + 1,) which it is. crop: that it is of."""

    features: NDArray[np.float64]
    is_right: NDArray[np.bool_]
    crop: Crop


def make_crops(count: int, seed: int, sources: Sources) -> list[Crop]:
    """So many close-ups of one number each: a function of count, seed and sources alone."""
    return list(islice(_crops(seed, sources), count))


def _crops(seed: int, sources: Sources) -> Iterator[Crop]:
    for place, page in enumerate(make_pages(1 << 30, seed, sources)):
        rng, texts = np.random.default_rng([seed, place, 1]), set()
        for _ in range(TRIES if page.layout != "sums" else 0):
            crop = close_up(page, rng)
            if crop is None or not _holds_one(crop) or crop.numbers[0].text in texts:
                continue
            texts.add(crop.numbers[0].text)
            digits = "".join(str(digit) for digit, _ in crop.numbers[0].digits)
            yield Crop(crop.pixels, digits, crop.layout)


def _holds_one(crop: Page) -> bool:
    """Whether there is one number, and of no other a digit by more than half."""
    height, width = crop.pixels.shape[:2]

    def is_in(box: Box) -> bool:
        x, y, wide, high = box
        return 0 <= x + wide / 2 <= width and 0 <= y + high / 2 <= height

    is_one = len(crop.numbers) == 1 and ONE.fullmatch(crop.numbers[0].text) is not None
    return is_one and not any(map(is_in, crop.ignore_boxes))


def examples(crops: list[Crop], bundle: Bundle) -> list[Example]:
    """What the reader thinks of each crop, but of those that it takes for empty."""
    found = []
    for start in range(0, len(crops), BATCH):
        some = crops[start : start + BATCH]
        lines = [
            find_lines(prepare(each.pixels)[0], bundle.detector, bundle.parameters) for each in some
        ]
        for crop, each in zip(some, think_of(lines, bundle), strict=True):
            if each is None:
                continue
            rows = np.zeros((len(each.texts) + 1, len(FEATURES) + 1))
            rows[:-1, :-1], rows[-1, -1] = each.features, 1
            is_right = [text == tuple(map(int, crop.digits)) for text in each.texts]
            found.append(Example(rows, np.array([*is_right, not any(is_right)]), crop))
    return found


def softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    raised = np.exp(scores - scores.max())
    return np.asarray(raised / raised.sum(), np.float64)


def log_loss(some: list[Example], weights: NDArray[np.float64]) -> float:
    """Mean of the negative logarithms of the probability of what is right."""
    each = (softmax(e.features @ weights)[e.is_right].sum() for e in some)
    return float(np.mean([-math.log(max(right, LEAST)) for right in each]))


def fit(some: list[Example]) -> NDArray[np.float64]:
    """Weights of most likelihood: Newton's method, in steps that are halved until they help."""
    weights = np.zeros(some[0].features.shape[1])
    best = penalised(some, weights)
    for _ in range(ROUNDS):
        slope, curve = np.zeros(len(weights)), np.zeros((len(weights),) * 2)
        for each in some:
            share = softmax(each.features @ weights)
            mean = share @ each.features
            slope += mean - each.features[each.is_right].mean(axis=0)
            off = each.features - mean
            curve += (off * share[:, None]).T @ off
        slope = slope / len(some) + RIDGE * weights
        step = np.linalg.solve(curve / len(some) + RIDGE * np.eye(len(weights)), slope)
        while (loss := penalised(some, weights - step)) > best and np.abs(step).max() > 1e-4:
            step = step / 2
        if best - loss < 1e-7:
            break
        weights, best = weights - step, loss
    return weights


def penalised(some: list[Example], weights: NDArray[np.float64]) -> float:
    return log_loss(some, weights) + RIDGE / 2 * float(weights @ weights)


def judged(
    some: list[Example], weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """(N,) the probability of each example's likeliest text, and whether that is right."""
    shares = [softmax(e.features @ weights)[:-1] for e in some]
    is_right = [e.is_right[share.argmax()] for e, share in zip(some, shares, strict=True)]
    return np.array([share.max() for share in shares]), np.array(is_right)


def in_folds(some: list[Example]) -> str:
    """Log-loss and exact numbers, each fold with weights fitted to the others."""
    loss, right = 0.0, 0
    for fold in range(FOLDS):
        own = some[fold::FOLDS]
        weights = fit([e for place, e in enumerate(some) if place % FOLDS != fold])
        loss += log_loss(own, weights) * len(own)
        right += int(judged(own, weights)[1].sum())
    return f"log-loss {loss / len(some):.4f}, exact {right / len(some):.2%}"


def without(some: list[Example], column: int) -> list[Example]:
    """The same without one feature."""
    return [replace(e, features=np.delete(e.features, column, axis=1)) for e in some]


def report(name: str, crops: list[Crop], some: list[Example], weights: NDArray[np.float64]) -> None:
    """How many crops are read exactly, by layout, and how well confidence holds."""
    confidence, is_right = judged(some, weights)
    ece = expected_calibration_error(reliability_bins(confidence, is_right))
    layouts = sorted({crop.layout for crop in crops})
    of_layout = {
        layout: sum(bool(r) for e, r in zip(some, is_right, strict=True) if e.crop.layout == layout)
        / sum(crop.layout == layout for crop in crops)
        for layout in layouts
    }
    print(f"{name}: exact {is_right.sum() / len(crops):.2%}, ECE {ece:.2%}, {shown(of_layout)}")


def shown(of_layout: dict[str, float]) -> str:
    return " ".join(f"{layout} {value:.1%}" for layout, value in of_layout.items())


def report_page(reader: Reader, crops: list[Crop]) -> None:
    """How many crops the page route reads exactly, and how long both routes take."""
    begin = time.perf_counter()
    texts = [reader.read(crop.pixels, 0).text for crop in crops]
    page = time.perf_counter() - begin
    is_right = [re.sub(r"\D", "", t) == c.digits for t, c in zip(texts, crops, strict=True)]
    print(f"page route: exact {np.mean(is_right):.2%}, {page / len(crops) * 1000:.1f} ms a crop")
    begin = time.perf_counter()
    numbers = reader.numbers(crop.pixels for crop in crops)
    seconds = time.perf_counter() - begin
    is_right = [re.sub(r"\D", "", n.text) == c.digits for n, c in zip(numbers, crops, strict=True)]
    print(f"numbers: exact {np.mean(is_right):.2%}, {seconds / len(crops) * 1000:.1f} ms a crop")


def tried(bundle: Bundle, changes: list[str]) -> Bundle:
    """A bundle with other values of parameters."""
    values = {name: float(value) for name, value in (each.split("=") for each in changes)}
    number: Number = replace(bundle.parameters.number, **values)
    return replace(bundle, parameters=replace(bundle.parameters, number=number))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--crops", type=int, default=900)
    parser.add_argument("--seed", type=int, default=71)
    parser.add_argument("--try", dest="changes", nargs="*", default=[], metavar="NAME=VALUE")
    options = parser.parse_args()
    reader, sources = Reader(threads=1).warm_up(), Sources.open("validation")
    learn, test = (make_crops(options.crops, options.seed + part, sources) for part in (0, 1))
    compare(reader, learn, test, options.changes)


def compare(reader: Reader, learn: list[Crop], test: list[Crop], changes: list[str]) -> None:
    """Fit to some crops, and compare on others."""
    bundle = tried(reader.bundle, changes)
    known, unknown = examples(learn, bundle), examples(test, bundle)
    thought_of = sum(not e.is_right[-1] for e in known + unknown)
    print(f"the number is among the texts of {thought_of} of {len(learn) + len(test)} crops")
    print(f"in folds: {in_folds(known)}")
    for column, name in enumerate((*FEATURES, "other")):
        print(f"without {name:18} {in_folds(without(known, column))}", flush=True)
    weights = fit(known)
    for name, weight in zip((*FEATURES, "other"), weights, strict=True):
        print(f"    {name}: {weight:.2f}")
    before = np.append(weights_of(bundle.parameters.number), bundle.parameters.number.other)
    report("weights that ship", test, unknown, before)
    report("these weights", test, unknown, weights)
    report_page(reader, test)


if __name__ == "__main__":
    main()
