"""Refit what a bundle's parameters say, on made-up pages by writers that no network learned from.

.venv/bin/python benchmarks/fit_parameters.py [BUNDLE] [--pages N] [--lines N] [--seed S]
                                              [--weights NAME …] [--write]
.venv/bin/python benchmarks/fit_parameters.py [BUNDLE] --try SECTION.NAME VALUE …

BUNDLE  a bundle folder (default: the one that ships)
--pages  how many; of two in three a close-up of a number is read (default 600)
--lines  of writing, how many besides, as pictures of their own (default 1500)
--seed   of these pages and lines (default 30000)
--weights  of the fusion that are fitted, as letters; the others stay (default: all)
--write  put what was fitted into bundle.json
--try    instead, read the pages with each value of one parameter, as accept.threshold 0.3 0.5, and
         print the difference to the present one, with its 95 % interval over pages

Fitted by maximum likelihood: the weights of late fusion (fuse.weights) with the fraction of
candidates that are digits (fuse.digit_prior) or letters (fuse.letter_prior) and of agreed digits on
which the classifier agrees (fuse.classifier_prior); where a number ends (numbers.gap,
numbers.marked_gap, numbers.steepness). Fitted by the lowest calibration error of numbers: how
certain a digit is (accept.temperature). Each is fitted with those before it. All others are chosen
by --try.
"""

import argparse
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits import Reader
from digits.geometry import iou
from digits.io.result import Reading
from digits.model.bundle import BUNDLE, Bundle, open_bundle
from digits.model.parameters import Parameters
from digits.model.store import DEFAULT, SHIPPED
from digits.reading.page.between import between
from digits.reading.page.between import gaps as gaps_of
from digits.reading.page.detect import detect
from digits.reading.page.fuse import FEATURES, agreed_digits, features, weights_of
from digits.reading.page.greyscale import prepare
from digits.reading.page.recognise import Candidates, recognise
from digits.reading.page.textline import crop_lines, side_by_side
from digits.synth.closeup import close_up
from digits.synth.line import make_line
from digits.synth.page import Page, make_pages
from digits.synth.pool import make_many
from digits.synth.sources import Sources

SAME, OTHER = 0.4, 0.2  # IoU from which a box is on a digit, and below which it is on none
ROUNDS = 1000  # of the bootstrap
NONE, UNCLEAR = 10, -1  # truth of a candidate that is no digit, and of one that may be


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """The candidates of one page with their truth (N,): 0 to 9, NONE or UNCLEAR; `run` (N,) is the
    run of digits between signs that each belongs to, -1 for none; `number` (N,) the number. frames:
    as in Recognised."""

    candidates: Candidates
    frames: tuple[NDArray[np.float64], ...]
    classified: tuple[NDArray[np.float32], NDArray[np.float32]]
    truth: NDArray[np.int64]
    run: NDArray[np.int64]
    number: NDArray[np.int64]


def pages(count: int, seed: int) -> Iterator[Page]:
    """Pages, and close-ups of numbers on them."""
    made = make_pages(count, seed, Sources.open("validation"), processes=os.cpu_count() or 1)
    for number, page in enumerate(made):
        close = close_up(page, np.random.default_rng([seed, number])) if number % 3 else None
        yield close or page


def written_lines(count: int, seed: int) -> list[Page]:
    """Lines of writing, each a picture of its own."""
    sources, cores = Sources.open("validation"), os.cpu_count() or 1
    return [line.page for line in make_many(make_line, count, seed, sources, cores)]


def see(page: Page, bundle: Bundle) -> Seen:
    """The candidates of a page."""
    (grey, margin), parameters = prepare(page.pixels), bundle.parameters
    levels, detections = detect(grey, bundle.detector, parameters.detect)
    lines = crop_lines(grey, detections, parameters.textline)
    recognised = recognise(lines, levels, bundle.recogniser, parameters.recognise)
    found = recognised.candidates
    classified = bundle.classifier.classify(found.tiles, tta=False)
    truth, run = labels_of(page, found.boxes - np.array([margin, margin, 0, 0], np.float32))
    return Seen(found, recognised.frames, classified, truth, run, numbers_of(page)[run])


def runs_of(page: Page) -> NDArray[np.int64]:
    """(N,) the run of digits between signs that each digit of a page belongs to, from 0 on."""
    texts = "|".join(number.text for number in page.numbers).replace("'", "")
    texts = re.sub("[^0-9]+", "|", re.sub("([²³])", "|0|", texts)).split("|")
    return np.array([run for run, text in enumerate(filter(None, texts)) for _ in text], np.int64)


def numbers_of(page: Page) -> NDArray[np.int64]:
    """(R + 1,) the number that each run of a page belongs to; -1 at last, for none."""
    of_digits = [index for index, number in enumerate(page.numbers) for _ in number.digits]
    _, first = np.unique(runs_of(page), return_index=True)
    return np.append(np.array(of_digits, np.int64)[first], -1)


def truth_of(page: Page, boxes: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """What each box (N, 4) holds, and the run it belongs to."""
    digits = [(digit, *box) for number in page.numbers for digit, box in number.digits]
    stands = np.array(digits, np.float32).reshape(-1, 5)
    runs = runs_of(page)
    truth, run = np.full(len(boxes), NONE), np.full(len(boxes), -1)
    if len(stands) and len(boxes):
        shared = iou(boxes[:, None], stands[:, 1:])
        best = shared.argmax(axis=1)
        most = shared.max(axis=1)
        is_best = shared[:, best].argmax(axis=0) == np.arange(len(boxes))
        is_digit = (most >= SAME) & is_best
        truth = np.where(is_digit, stands[best, 0], np.where(most >= OTHER, UNCLEAR, NONE))
        run = np.where(is_digit, runs[best], -1)
    truth[_are_ignored(page, boxes)] = UNCLEAR
    return truth.astype(np.int64), run.astype(np.int64)


def labels_of(
    page: Page, boxes: NDArray[np.float32]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """What the candidates with these boxes (N, 4) are to be taken for, and the run of each.

    Of each digit one candidate, the best that overlaps it; all others are none. Those that overlap
    a digit which another one stands for read it twice.
    """
    digits = [(digit, *box) for number in page.numbers for digit, box in number.digits]
    stands = np.array(digits, np.float32).reshape(-1, 5)
    runs, truth, run = runs_of(page), np.full(len(boxes), NONE), np.full(len(boxes), -1)
    shared = iou(boxes[:, None], stands[:, 1:]).reshape(len(boxes), len(stands))
    while shared.size and shared.max() >= OTHER:
        box, digit = np.unravel_index(shared.argmax(), shared.shape)
        truth[box], run[box] = stands[digit, 0], runs[digit]
        shared[box], shared[:, digit] = 0, 0
    truth[_are_ignored(page, boxes)] = UNCLEAR
    return truth.astype(np.int64), run.astype(np.int64)


def _are_ignored(page: Page, boxes: NDArray[np.float32]) -> NDArray[np.bool_]:
    """(N,) whether each box touches what is not labelled."""
    ignored = np.array(page.ignore_boxes, np.float32).reshape(-1, 4)
    if not (len(ignored) and len(boxes)):
        return np.zeros(len(boxes), bool)
    return np.asarray(iou(boxes[:, None], ignored).any(axis=1))


def fit_fusion(seen: list[Seen], parameters: Parameters, names: list[str]) -> dict[str, Any]:
    """Weights of these names, and priors, by Newton's method; each page counts the square root of
    its candidates, or a few full pages would decide."""
    x, y, letters, share = [], [], [], []
    right = agreed = 0
    for page in seen:
        known = page.truth != UNCLEAR
        x.append(features(page.candidates, *page.classified, parameters.fuse)[known])
        y.append(page.truth[known])
        letters.append(page.candidates.letter[known])
        share.append(np.full(known.sum(), max(known.sum(), 1) ** -0.5))
        both, digit = agreed_digits(page.candidates), page.candidates.recogniser.argmax(axis=1)
        same = page.classified[0][np.arange(len(digit)), digit] * page.classified[1] > 0.5
        right, agreed = right + int((both & same).sum()), agreed + int(both.sum())
    inputs, truth, counts = np.concatenate(x), np.concatenate(y), np.concatenate(share)
    before, free = weights_of(parameters.fuse), [FEATURES.index(name) for name in names]
    weights = maximum_likelihood(inputs, truth, counts, before, free)
    for name, each in (("before", before), ("fitted", weights)):
        loss, errors = log_loss(inputs, truth, each, counts)
        print(f"fusion {name}: log-loss {loss:.4f}, errors {errors:.2%}, n = {len(truth):,}")
    return {
        "weights": {name: round(float(w), 3) for name, w in zip(FEATURES, weights, strict=True)},
        "digit_prior": round(float(np.average(truth < NONE, weights=counts)), 3),
        "letter_prior": round(float(np.average(np.concatenate(letters), weights=counts)), 3),
        "classifier_prior": round(right / max(agreed, 1), 3),
    }


def maximum_likelihood(
    inputs: NDArray[np.float64],
    truth: NDArray[np.int64],
    share: NDArray[np.float64],
    before: NDArray[np.float64],
    free: list[int],
) -> NDArray[np.float64]:
    """Weights of features (N, 10, F), the `free` ones of them fitted, the others as `before` (F,).

    Steps are halved until they help. share: (N,) counts.
    """
    weights = before.copy()
    weights[free] = 0
    whole = np.concatenate([inputs, np.zeros_like(inputs[:, :1])], axis=1)
    wanted = np.eye(11)[truth]
    best = log_loss(inputs, truth, weights, share)[0]
    for _ in range(60):
        predicted = softmax(whole @ weights)
        slope = np.einsum("n,nc,ncf->f", share, predicted - wanted, whole)
        mean = np.einsum("nc,ncf->nf", predicted, whole)
        counted = share[:, None] * predicted
        curve = np.einsum("nc,ncf,ncg->fg", counted, whole, whole)
        curve -= (share[:, None] * mean).T @ mean
        curve += 0.1 * np.eye(len(weights))
        step = np.zeros(len(weights))
        step[free] = np.linalg.solve(curve[np.ix_(free, free)], slope[free])
        loss = best
        for _ in range(12):
            loss = log_loss(inputs, truth, weights - step, share)[0]
            if loss < best:
                break
            step = step / 2
        if best - loss < 1e-7:
            break
        weights, best = weights - step, loss
    return weights


def log_loss(
    inputs: NDArray[np.float64],
    truth: NDArray[np.int64],
    weights: NDArray[np.float64],
    share: NDArray[np.float64],
) -> tuple[float, float]:
    """Mean log-loss and fraction of errors."""
    whole = np.concatenate([inputs, np.zeros_like(inputs[:, :1])], axis=1)
    predicted = softmax(whole @ weights)
    missed = -np.log(np.maximum(predicted[np.arange(len(truth)), truth], 1e-9))
    wrong = predicted.argmax(axis=1) != truth
    return float(np.average(missed, weights=share)), float(np.average(wrong, weights=share))


def softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def fit_ends(seen: list[Seen], parameters: Parameters) -> dict[str, Any]:
    """Gap and steepness at which numbers end, beside what the recogniser read there."""
    gaps, read, ends, marked = [], [], [], []
    for page in seen:
        known = np.flatnonzero(page.run >= 0)
        found = page.candidates.take(known)
        for line in side_by_side(found.boxes, parameters.textline):
            between_two = between(found.take(line), page.frames)
            is_marked = np.array([each.is_marked for each in between_two], bool)
            run, number = page.run[known][line], page.number[known][line]
            gaps.append(gaps_of(found.boxes[line]))
            read += [each.end for each in between_two]
            marked.append(is_marked)
            ends.append(np.where(is_marked, number[1:] != number[:-1], run[1:] != run[:-1]))
    is_marked, gap = np.concatenate(marked), np.concatenate(gaps)
    token, end = np.array(read), np.concatenate(ends)

    def loss(middle: float, marked_middle: float, steepness: float) -> float:
        usual = np.where(is_marked, marked_middle, middle)
        by_gap = 1 / (1 + np.exp(np.clip(steepness * (usual - gap), -60, 60)))
        p = np.clip(np.maximum(by_gap, token), 1e-4, 1 - 1e-4)
        return float(-np.mean(np.where(end, np.log(p), np.log(1 - p))))

    now = parameters.numbers
    gap_grid = [(m, now.marked_gap, s) for m in np.arange(0.4, 1.61, 0.05) for s in range(2, 21)]
    middle, _, steepness = min(gap_grid, key=lambda each: loss(*each))
    marked_grid = [(middle, m, steepness) for m in np.arange(0.5, 2.51, 0.05)]
    best = min(marked_grid, key=lambda each: loss(*each))
    before = loss(now.gap, now.marked_gap, now.steepness)
    print(f"ends: log-loss {before:.4f} -> {loss(*best):.4f}, {len(end):,} gaps", end=", ")
    print(f"{is_marked.sum():,} of them marked")
    names = ("gap", "marked_gap", "steepness")
    return {name: round(float(value), 2) for name, value in zip(names, best, strict=True)}


def fit_temperature(made: list[Page], reader: Reader, parameters: Parameters) -> float:
    """The temperature of digits at which the confidences of numbers are calibrated best; each page
    counts the square root of its numbers."""
    plain = replace(parameters, accept=replace(parameters.accept, temperature=1.0))
    reader.bundle = replace(reader.bundle, parameters=plain)
    ends, odds, right, share = [], [], [], []
    for page in made:
        before = len(right)
        for number in reader.read(page.pixels, orientation=0).numbers:
            boxes = np.array([digit.box for digit in number.digits], np.float32)
            truth, run = truth_of(page, boxes)
            if (truth == UNCLEAR).any():
                continue
            digits = np.clip([digit.confidence for digit in number.digits], 1e-6, 1 - 1e-6)
            ends.append(number.confidence / digits.prod())
            odds.append(np.log(digits / (1 - digits)))
            read = [digit.digit for digit in number.digits]
            is_one = len(set(run.tolist())) == 1 and (runs_of(page) == run[0]).sum() == len(run)
            right.append(is_one and (truth == read).all())
        count = len(right) - before
        share += [max(count, 1) ** -0.5] * count
    is_right, counts = np.array(right), np.array(share)

    def error(temperature: float) -> float:
        whole = [
            end * (1 / (1 + np.exp(-each / temperature))).prod()
            for end, each in zip(ends, odds, strict=True)
        ]
        return ece(np.array(whole), is_right, counts)

    best = min(np.arange(0.8, 2.01, 0.05), key=error)
    print(f"temperature: ECE {error(1.0):.1%} at 1 -> {error(best):.1%}, n = {len(right):,}")
    return round(float(best), 2)


def ece(
    confidence: NDArray[np.float64], is_right: NDArray[np.bool_], share: NDArray[np.float64]
) -> float:
    """Expected calibration error in 15 equal bins (Guo et al. 2017). share: (N,) counts."""
    bins = np.minimum((confidence * 15).astype(int), 14)
    off = np.bincount(bins, share * (is_right - confidence))
    return float(np.abs(off).sum() / share.sum())


def counts_of(page: Page, reading: Reading) -> NDArray[np.float64]:
    """Digits that stand there, are read right, are found; digits read; runs and runs right; false
    digits and megapixels of a page without any."""
    found = [digit for number in reading.numbers for digit in number.digits]
    boxes = np.array([digit.box for digit in found], np.float32).reshape(-1, 4)
    truth, run = truth_of(page, boxes)
    is_right = np.array([d.digit == t for d, t in zip(found, truth, strict=True)], bool)
    stands = sum(len(number.digits) for number in page.numbers)
    lengths, whole, start = np.bincount(runs_of(page), minlength=1), 0, 0
    for number in reading.numbers:
        part = slice(start, start + len(number.digits))
        start = part.stop
        of = set(run[part].tolist())
        is_one = len(of) == 1 and lengths[of.pop()] == len(number.digits)
        whole += is_one and bool(is_right[part].all())
    empty = not page.numbers and not page.ignore_boxes
    clear = int((truth != UNCLEAR).sum())
    size = page.pixels.shape[0] * page.pixels.shape[1] / 1e6
    found_there = int((truth < NONE).sum() - (truth < 0).sum())
    counts = [stands, is_right.sum(), found_there, clear, int((lengths > 0).sum()), whole]
    return np.array([*counts, len(found) if empty else 0, size if empty else 0])


def measures(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Digits read, F1 of their places and runs right in %, false digits a megapixel."""
    stands, right, found, read, runs, whole, false, size = counts.sum(axis=0)
    shares = right / stands, 2 * found / (stands + read), whole / max(runs, 1)
    return np.array([*(100 * share for share in shares), false / max(size, 1e-9)])


def try_values(made: list[Page], reader: Reader, name: str, values: list[float]) -> None:
    """Print what each value of a parameter changes."""
    section, key = name.split(".")
    bundle = reader.bundle
    part = getattr(bundle.parameters, section)
    rng = np.random.default_rng(0)
    before: NDArray[np.float64] | None = None
    print(f"{name:28}   digits read            F1 of places         runs right           false/MP")
    for value in (getattr(part, key), *values):
        changed = replace(bundle.parameters, **{section: replace(part, **{key: value})})
        reader.bundle = replace(bundle, parameters=changed)
        counts = np.array(
            [counts_of(page, reader.read(page.pixels, orientation=0)) for page in made]
        )
        if before is None:
            before = counts
            shown = "".join(f"{each:21.2f}" for each in measures(counts))
        else:
            drawn = rng.integers(len(made), size=(ROUNDS, len(made)))
            moved = [measures(counts[i]) - measures(before[i]) for i in drawn]
            low, high = np.quantile(moved, (0.025, 0.975), axis=0)
            change = measures(counts) - measures(before)
            shown = "".join(
                f"{c:+7.2f} [{a:+5.2f} {b:+5.2f}]"
                for c, a, b in zip(change, low, high, strict=True)
            )
        print(f"{value!s:12}{shown}", flush=True)


def write(folder: Path, fitted: dict[str, dict[str, Any]]) -> None:
    """Put values into bundle.json."""
    content = json.loads((folder / BUNDLE).read_text("utf-8"))
    for section, values in fitted.items():
        for name, value in values.items():
            content["parameters"][section][name]["value"] = value
    (folder / BUNDLE).write_text(json.dumps(content, indent=1) + "\n", "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("bundle", nargs="?", type=Path, default=SHIPPED / DEFAULT)
    parser.add_argument("--pages", type=int, default=600)
    parser.add_argument("--lines", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=30_000)
    parser.add_argument("--weights", nargs="+", choices=FEATURES, default=list(FEATURES))
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--try", dest="values", nargs="+", metavar="NAME VALUE")
    options = parser.parse_args()
    reader = Reader(options.bundle, signs=False)  # runs of digits are counted
    made = list(pages(options.pages, options.seed))
    made += written_lines(options.lines, options.seed + 1)
    if options.values:
        name, *values = options.values
        try_values(made, reader, name, [float(value) for value in values])
        return
    bundle = open_bundle(options.bundle)
    seen, parameters = [see(page, bundle) for page in made], bundle.parameters
    fitted: dict[str, dict[str, Any]] = {}
    fit_weights = partial(fit_fusion, names=options.weights)
    for section, fit in (("fuse", fit_weights), ("numbers", fit_ends)):
        fitted[section] = fit(seen, parameters)
        changed = replace(getattr(parameters, section), **fitted[section])
        parameters = replace(parameters, **{section: changed})
    fitted["accept"] = {"temperature": fit_temperature(made, reader, parameters)}
    print(json.dumps(fitted, indent=1))
    if options.write:
        write(options.bundle, fitted)


if __name__ == "__main__":
    main()
