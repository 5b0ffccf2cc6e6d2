"""How much does each opinion count? Weights of detector, recogniser and classifier.

.venv/bin/python benchmarks/weigh.py [--pages N] [--seed S]

--pages  made-up pages of writers, papers and typefaces that no network learned from (default 600);
         of two in three a close-up of a number is read
--seed   of these pages (default 30000)

Prints the weights for `digits.reading.opinions.WEIGHTS`, fitted by maximum likelihood, and the
log-loss on half of the pages of weights fitted on the other half, of all opinions and without each.
"""

import argparse
import os

import numpy as np
from numpy.typing import NDArray

from digits import Reader
from digits.geometry import iou
from digits.reading.page.candidates import Places, find_places
from digits.reading.page.greyscale import grey_of
from digits.synth.closeup import close_up
from digits.synth.page import Page, make_pages
from digits.synth.sources import Sources

SAME, OTHER = 0.4, 0.2  # iou from which a place holds a digit, and below which it does not
COLUMNS = {
    "detector": (0, 5, 10, 17),
    "recogniser": (1, 6, 11),
    "classifier": (2, 7, 12, 3, 8, 13, 15, 16),
    "what is around": (*range(10, 15), 18, 19),
}
"""Of the features, those that rest on each."""


def truth_of(page: Page, places: Places) -> NDArray[np.int64]:
    """(N,) the digit at each place, 10 for none, -1 where that is not clear."""
    digits = [(digit, *box) for number in page.numbers for digit, box in number.digits]
    truth = np.array(digits, np.float32).reshape(-1, 5)
    cut = np.array(page.ignore_boxes, np.float32).reshape(-1, 4)
    said = np.full(len(places), 10)
    shared = np.zeros((len(places), len(truth)))
    for row, box in zip(shared, places.boxes, strict=True):
        row[:] = iou(box, truth[:, 1:])
    for place, box in enumerate(places.boxes):
        if iou(box, cut).any():
            said[place] = -1
        elif len(truth):
            best = int(shared[place].argmax())
            is_best = shared[:, best].argmax() == place
            if shared[place, best] >= SAME and is_best:
                said[place] = int(truth[best, 0])
            elif shared[place, best] >= OTHER:
                said[place] = -1
    return said


def fit(
    features: NDArray[np.float64], truth: NDArray[np.int64], share: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Weights of most likelihood, by Newton's method, in steps that are halved until they help.
    share: (N,) how much each place counts."""
    weights = np.zeros(features.shape[-1])
    whole = np.concatenate([features, np.zeros_like(features[:, :1])], axis=1)
    wanted = np.eye(11)[truth]
    best = log_loss(features, truth, weights, share)[0]
    for _ in range(60):
        chances = _softmax(whole @ weights)
        slope = np.einsum("n,nc,ncf->f", share, chances - wanted, whole)
        mean = np.einsum("nc,ncf->nf", chances, whole)
        counted = share[:, None] * chances
        curve = (
            np.einsum("nc,ncf,ncg->fg", counted, whole, whole) - (share[:, None] * mean).T @ mean
        )
        step = np.linalg.solve(curve + 0.1 * np.eye(len(weights)), slope)
        for _ in range(12):
            loss = log_loss(features, truth, weights - step, share)[0]
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
    share: NDArray[np.float64],
) -> tuple[float, float]:
    """Mean of the negative logarithms of the right answer's chance, and the share of errors, each
    place counting its `share`."""
    whole = np.concatenate([features, np.zeros_like(features[:, :1])], axis=1)
    chances = _softmax(whole @ weights)
    missed = -np.log(np.maximum(chances[np.arange(len(truth)), truth], 1e-9))
    wrong = chances.argmax(axis=1) != truth
    return float(np.average(missed, weights=share)), float(np.average(wrong, weights=share))


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
        said = truth_of(page, places)
        known = said >= 0
        features.append(places.opinions.features()[known])
        truth.append(said[known])
        which.append(np.full(int(known.sum()), number))
    x, y, of = np.concatenate(features), np.concatenate(truth), np.concatenate(which)
    learn, test = of % 2 == 0, of % 2 == 1
    print(f"{len(y):,} places, {np.mean(y < 10):.0%} of them digits")
    share = 1 / np.sqrt(np.bincount(of))[of]  # else a few pages full of digits would decide
    weights = fit(x, y, share)
    print("WEIGHTS = (" + ", ".join(f"{value:.2f}" for value in weights) + ")")
    for name, columns in {"": (), **COLUMNS}.items():
        kept = [place for place in range(x.shape[-1]) if place not in columns]
        some = fit(x[learn][..., kept], y[learn], share[learn])
        loss, errors = log_loss(x[test][..., kept], y[test], some, share[test])
        print(f"{f'without {name}' if name else 'all':24} log-loss {loss:.4f}, errors {errors:.2%}")


if __name__ == "__main__":
    main()
