"""Late fusion of three networks: candidates → which of them are digits, and which digit.

No network is right alone: the classifier takes a letter for the digit that it resembles, the
recogniser loses a thin 1, the detector takes parts of words for digits. So their log-odds are
features of one logistic model: weighted sums for ten digits, and 0 for none, go through a softmax
(logistic opinion pool, Genest and Zidek 1986, DOI 10.1214/ss/1177013825). The prior of the page
then adjusts what follows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digits.geometry import sizes
from digits.model.classifier import Classifier
from digits.model.parameters import Fuse
from digits.model.spec import CLASSES, LINE_DIGIT
from digits.reading.page.recognise import Candidates

LIMIT = 7.0  # log-odds beyond which a network counts no more
NETWORKS = ("detector", "recogniser", "classifier", "is_digit", "bias")
FEATURES = (
    *NETWORKS,
    *(f"coarse {name}" for name in NETWORKS),  # times how coarse the digit is, from 0 to 1
    *(f"near {name}" for name in NETWORKS),  # times how many digits are near, from 0 to 1
    "trusted classifier",  # times how often it agrees with the others on this page
    "trusted is_digit",
    "best detection",  # the detector's highest logit
    "inverse count",  # 1 over the number of candidates of like size
    "letters",  # how many of the other candidates of like size look like letters, beyond the usual
)
"""In the order of their weights, of each digit at each candidate."""
AGREED = 0.5  # probability from which on detector, recogniser or classifier agree on a digit
MIN_PRIOR = 0.01  # the least fraction of digits among the candidates of a page
ROUNDS = 12  # of the prior's expectation maximisation, by when it has settled
BINS = 8  # of an octave, in which sizes are counted


@dataclass(frozen=True, slots=True, eq=False)
class Fused:
    """What the networks say together of N candidates.

    probabilities: (N, 10) float32 of the digits, given that there is one. is_digit: (N,) float32,
    the probability that there is one on this page.
    """

    probabilities: NDArray[np.float32]
    is_digit: NDArray[np.float32]


def fuse(candidates: Candidates, classifier: Classifier, parameters: Fuse) -> Fused:
    """Classify the candidates' tiles, fuse the three networks, and adjust to the page."""
    classified = classifier.classify(candidates.tiles, tta=False)
    scores = features(candidates, *classified, parameters) @ weights_of(parameters)
    top = np.maximum(scores.max(axis=1, initial=0.0), 0.0)[:, None]
    raised, none = np.exp(scores - top), np.exp(-top[:, 0])
    total = raised.sum(axis=1)
    return Fused(
        np.asarray(raised / np.maximum(total, 1e-30)[:, None], np.float32),
        adjust_prior(total / (total + none), sizes(candidates.boxes), parameters),
    )


def weights_of(parameters: Fuse) -> NDArray[np.float64]:
    """The weights in the order of FEATURES."""
    return np.array([parameters.weights[name] for name in FEATURES])


def features(
    candidates: Candidates,
    classified: NDArray[np.float32],
    is_digit: NDArray[np.float32],
    parameters: Fuse,
) -> NDArray[np.float64]:
    """(N, 10, 20): FEATURES of each digit at each candidate.

    classified: (N, 10) probabilities by the classifier; is_digit: (N,) its own.
    """
    shape = (len(candidates), CLASSES)
    logits = np.clip(candidates.detector, -LIMIT, LIMIT)
    networks = np.stack(
        [
            logits,
            _log_odds(candidates.recogniser),
            np.maximum(np.log(np.maximum(classified, 1e-9)), -LIMIT),
            np.broadcast_to(_log_odds(is_digit)[:, None], shape),
            np.ones(shape),
        ],
        axis=-1,
    )
    size = sizes(candidates.boxes)
    alike = _SizeKernel(size, parameters)
    coarse = np.clip((parameters.fine - size) / (parameters.fine - parameters.coarse), 0, 1)
    agreed = agreed_digits(candidates)
    trust = _trust(candidates, agreed, classified, is_digit, parameters)
    products = [
        networks * part[:, None, None]
        for part in (coarse, near_digits(candidates, agreed, parameters))
    ]
    count = alike.sum_alike(np.ones(len(candidates)))
    shared = (
        logits.max(axis=1, initial=-LIMIT),
        1 / np.maximum(count, 1),
        _letters(candidates.letter, count, alike, parameters),
    )
    return np.concatenate(
        [
            networks,
            *products,
            networks[..., 2:4] * trust,
            *(np.broadcast_to(each[:, None, None], (*shape, 1)) for each in shared),
        ],
        axis=-1,
    )


def agreed_digits(candidates: Candidates) -> NDArray[np.bool_]:
    """(N,) whether detector and recogniser agree that there is a digit, and which."""
    digit = candidates.detector.argmax(axis=1)[:, None]
    seen = np.take_along_axis(candidates.detector, digit, axis=1)[:, 0]
    read = np.take_along_axis(candidates.recogniser, digit, axis=1)[:, 0]
    return np.asarray((seen > 0) & (read > AGREED))


def near_digits(
    candidates: Candidates, agreed: NDArray[np.bool_], parameters: Fuse
) -> NDArray[np.float64]:
    """(N,) in [0, 1]: how many agreed digits are near on the line of each, many being 1."""
    near = parameters.near * LINE_DIGIT  # columns
    span = candidates.column.max(initial=0) + 4 * near
    position = candidates.line * span + candidates.column  # lines one behind the other
    others = np.sort(position[agreed])
    low = np.searchsorted(others, position - near, side="right")
    count = np.searchsorted(others, position + near, side="left") - low - agreed
    return np.asarray(np.minimum(count / parameters.many, 1), np.float64)


def adjust_prior(
    is_digit: NDArray[np.float64], size: NDArray[np.float32], parameters: Fuse
) -> NDArray[np.float32]:
    """(N,) float32: probabilities that candidates are digits, adjusted to the prior of their page.

    On a page of letters one candidate of hundreds is a digit: how many is estimated from the
    candidates of like size themselves (Saerens et al. 2002, DOI 10.1162/089976602753284446). A
    full table never raises the prior: what is no digit there is a ruled line or a digit found
    twice, and the more digits, the more of these. is_digit: (N,) under the prior of the fit.
    size: (N,) in pixels.
    """
    prior, patience = parameters.digit_prior, parameters.patience
    alike = _SizeKernel(size, parameters)
    count = alike.sum_alike(np.ones(len(size)))
    odds = is_digit / np.maximum(1 - is_digit, 1e-9) * ((1 - prior) / prior)
    fraction, adjusted = np.full(len(odds), prior), odds
    for _ in range(ROUNDS):
        adjusted = odds * fraction / (odds * fraction + 1 - fraction)
        mean = alike.sum_alike(adjusted) / count
        weight = count / (1 + count / parameters.max_doubtful)
        fraction = (weight * mean + patience * prior) / (weight + patience)
        fraction = np.clip(fraction, MIN_PRIOR, prior)
    return np.asarray(adjusted, np.float32)


def _letters(
    letter: NDArray[np.float64],
    count: NDArray[np.float64],
    alike: _SizeKernel,
    parameters: Fuse,
) -> NDArray[np.float64]:
    """(N,) the fraction of letters among the other candidates of like size, less the usual one: in
    a table of letters some look like digits. letter: (N,) probability that each is one; count:
    (N,) of candidates of like size."""
    others, letters = count - 1, alike.sum_alike(letter) - letter
    prior, patience = parameters.letter_prior, parameters.patience
    return np.asarray((letters + patience * prior) / (others + patience) - prior, np.float64)


class _SizeKernel:
    """Sums over candidates of like size, by a Gaussian in octaves over a histogram."""

    def __init__(self, size: NDArray[np.float32], parameters: Fuse) -> None:
        octaves = np.log2(np.maximum(np.asarray(size, np.float64), 1))
        self._bin = np.rint(octaves * BINS).astype(np.intp)
        steps = np.arange(self._bin.max(initial=0) + 1)
        off = (steps[:, None] - steps) / (BINS * parameters.octaves)
        self._kernel = np.exp(-(off**2) / 2)

    def sum_alike(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """(N,) the kernel's weighted sum of values (N,) at each candidate."""
        counted = np.bincount(self._bin, values, minlength=len(self._kernel))
        return np.asarray((self._kernel @ counted)[self._bin])


def _trust(
    candidates: Candidates,
    agreed: NDArray[np.bool_],
    classified: NDArray[np.float32],
    is_digit: NDArray[np.float32],
    parameters: Fuse,
) -> float:
    """How often the classifier agrees where the others do: on smooth paper nearly always, on
    patterned paper its tiles are broken."""
    digit = candidates.recogniser.argmax(axis=1)[:, None]
    same = np.take_along_axis(classified, digit, axis=1)[:, 0] * is_digit > AGREED
    patience = parameters.classifier_patience
    right = float((agreed & same).sum()) + patience * parameters.classifier_prior
    return max(right / (float(agreed.sum()) + patience), parameters.min_trust)


def _log_odds(probability: NDArray[np.float64] | NDArray[np.float32]) -> NDArray[np.float64]:
    kept = np.clip(np.asarray(probability, np.float64), 1e-9, 1 - 1e-9)
    return np.clip(np.log(kept / (1 - kept)), -LIMIT, LIMIT)
