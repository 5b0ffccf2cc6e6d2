"""Fit the fusion weights of detector, recogniser and classifier.

.venv/bin/python benchmarks/weigh.py [--pages N] [--seed S]

--pages  synthetic pages of validation writers, papers and typefaces (default 600); of two in three
         a close-up of a number is read
--seed   of these pages (default 30000)

Prints the weights for `digits.reading.opinions.WEIGHTS`, fitted by maximum likelihood, and the
log-loss on half of the pages of weights fitted on the other half, with all features and without
those of each network.
"""

import argparse
import os

import numpy as np
from numpy.typing import NDArray

from digits import Reader
from digits.geometry import iou
from digits.model.spec import CLASSES
from digits.reading.page.candidates import Places, find_places
from digits.reading.page.greyscale import grey_of
from digits.synth.closeup import close_up
from digits.synth.page import Page, make_pages
from digits.synth.sources import Sources

SAME, OTHER = 0.4, 0.2  # IoU from which a candidate is a digit, and below which it is none
COLUMNS = {
    "detector": (0, 5, 10, 17),
    "recogniser": (1, 6, 11),
    "classifier": (2, 7, 12, 3, 8, 13, 15, 16),
    "context": (*range(10, 15), 18, 19),
}
"""The indices of features by their source."""


def truth_of(page: Page, places: Places) -> NDArray[np.int64]:
    """(N,) int64: the digit of each candidate, 10 for none, -1 where that is ambiguous."""
    digits = [(digit, *box) for number in page.numbers for digit, box in number.digits]
    truth = np.array(digits, np.float32).reshape(-1, 5)
    ignore_boxes = np.array(page.ignore_boxes, np.float32).reshape(-1, 4)
    labels = np.full(len(places), CLASSES)
    overlaps = np.zeros((len(places), len(truth)))
    for row, box in zip(overlaps, places.boxes, strict=True):
        row[:] = iou(box, truth[:, 1:])
    for index, box in enumerate(places.boxes):
        if iou(box, ignore_boxes).any():
            labels[index] = -1
        elif len(truth):
            best = int(overlaps[index].argmax())
            is_best = overlaps[:, best].argmax() == index
            if overlaps[index, best] >= SAME and is_best:
                labels[index] = int(truth[best, 0])
            elif overlaps[index, best] >= OTHER:
                labels[index] = -1
    return labels


def fit(
    features: NDArray[np.float64], truth: NDArray[np.int64], sample_weight: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Maximum-likelihood weights by Newton's method, with steps halved until they lower the loss.
    sample_weight: (N,) of each candidate."""
    weights = np.zeros(features.shape[-1])
    whole = np.concatenate([features, np.zeros_like(features[:, :1])], axis=1)
    target = np.eye(CLASSES + 1)[truth]
    best = log_loss(features, truth, weights, sample_weight)[0]
    for _ in range(60):
        probabilities = _softmax(whole @ weights)
        slope = np.einsum("n,nc,ncf->f", sample_weight, probabilities - target, whole)
        mean = np.einsum("nc,ncf->nf", probabilities, whole)
        counted = sample_weight[:, None] * probabilities
        curve = (
            np.einsum("nc,ncf,ncg->fg", counted, whole, whole)
            - (sample_weight[:, None] * mean).T @ mean
        )
        step = np.linalg.solve(curve + 0.1 * np.eye(len(weights)), slope)
        for _ in range(12):
            loss = log_loss(features, truth, weights - step, sample_weight)[0]
            if loss < best:
                break
            step = step / 2
        if best - loss < 1e-7:
            break
        weights, best = weights - step, loss
    return weights


def log_loss(
    features: NDArray[np.float64],
    truth: NDArray[np.int64],
    weights: NDArray[np.float64],
    sample_weight: NDArray[np.float64],
) -> tuple[float, float]:
    """Weighted mean of the log-loss, and weighted fraction of errors."""
    whole = np.concatenate([features, np.zeros_like(features[:, :1])], axis=1)
    probabilities = _softmax(whole @ weights)
    missed = -np.log(np.maximum(probabilities[np.arange(len(truth)), truth], 1e-9))
    wrong = probabilities.argmax(axis=1) != truth
    return float(np.average(missed, weights=sample_weight)), float(
        np.average(wrong, weights=sample_weight)
    )


def _softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pages", type=int, default=600)
    parser.add_argument("--seed", type=int, default=30_000)
    options = parser.parse_args()
    reader = Reader()
    features, truth, which = [], [], []
    sources = Sources.open("validation")
    made = make_pages(options.pages, options.seed, sources, processes=os.cpu_count() or 1)
    for number, page in enumerate(made):
        if number % 3:
            page = close_up(page, np.random.default_rng([options.seed, number])) or page
        places = find_places(grey_of(page.pixels), *reader._networks, reader.classifier)
        labels = truth_of(page, places)
        known = labels >= 0
        features.append(places.opinions.features()[known])
        truth.append(labels[known])
        which.append(np.full(int(known.sum()), number))
    x, y, of = np.concatenate(features), np.concatenate(truth), np.concatenate(which)
    even, odd = of % 2 == 0, of % 2 == 1
    print(f"{len(y):,} candidates, {np.mean(y < CLASSES):.0%} of them digits")
    sample_weight = 1 / np.sqrt(np.bincount(of))[of]  # else a few pages full of digits would decide
    weights = fit(x, y, sample_weight)
    print("WEIGHTS = (" + ", ".join(f"{value:.2f}" for value in weights) + ")")
    for name, columns in {"": (), **COLUMNS}.items():
        rest = [column for column in range(x.shape[-1]) if column not in columns]
        some = fit(x[even][..., rest], y[even], sample_weight[even])
        loss, errors = log_loss(x[odd][..., rest], y[odd], some, sample_weight[odd])
        print(f"{f'without {name}' if name else 'all':24} log-loss {loss:.4f}, errors {errors:.2%}")


if __name__ == "__main__":
    main()
