"""Metrics of a digit classifier, from probabilities and labels alone."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from digits.errors import DataError, ModelError
from digits.evaluation.selective import RiskCoverage, risk_coverage
from digits.model.spec import CLASSES

BINS = 15
NORMAL_97_5 = 1.959963984540054  # two-sided 95 % of the normal distribution

# Probabilities are clipped at one float32 epsilon, as in scikit-learn, so that a wrong answer with
# probability 1 costs 15.9 nats instead of infinity.
LOWEST_PROBABILITY = float(np.finfo(np.float32).eps)
ROW_SUM_TOLERANCE = 1e-2  # about the rounding of ten probabilities in half precision


@dataclass(frozen=True, slots=True)
class ClassScore:
    """The score of one class; interval: Wilson 95 % of `accuracy`.

    Accuracy and interval of a class without digits are None. `taken_for` is the most frequent wrong
    answer, `taken_for_count` its number; None and 0 without an error.
    """

    digit: int
    n: int
    errors: int
    accuracy: float | None
    interval: tuple[float, float] | None
    taken_for: int | None
    taken_for_count: int


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Number, mean confidence and accuracy (None if n = 0) of answers in (low, high]."""

    low: float
    high: float
    n: int
    confidence: float | None
    accuracy: float | None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The metrics of a classifier on n labelled digits. Rates are in [0, 1].

    interval: Wilson 95 % of `accuracy`. confusion[given][answer]: counts that sum to n.
    log_loss: mean, in nats. ece: expected calibration error over `reliability`.
    risk_coverage: the error rate over the fraction of most confident answers that is kept.
    The last three leave out disputed labels and are None if no label is disputed.
    """

    n: int
    errors: int
    accuracy: float
    interval: tuple[float, float]
    per_class: tuple[ClassScore, ...]
    confusion: tuple[tuple[int, ...], ...]
    log_loss: float
    ece: float
    reliability: tuple[ReliabilityBin, ...]
    risk_coverage: RiskCoverage
    n_without_disputed: int | None
    errors_without_disputed: int | None
    accuracy_without_disputed: float | None

    def to_dict(self) -> dict[str, Any]:
        """The same as plain dicts, lists and numbers, ready for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class McNemar:
    """Two classifiers on the same digits: counts, and the exact two-sided p-value."""

    only_first_right: int
    only_second_right: int
    both_wrong: int
    p: float


def evaluate(
    probabilities: npt.ArrayLike, labels: npt.ArrayLike, disputed: Collection[int] = ()
) -> Evaluation:
    """Score probabilities against labels.

    probabilities: (N, 10), rows sum to 1. labels: (N,) integers 0 to 9. disputed: indices of
    disputed labels, which count in every metric but `…_without_disputed`.
    Raises ModelError for invalid probabilities, DataError for invalid labels.
    """
    labels = checked_labels(labels)
    probabilities = checked_probabilities(probabilities, len(labels))
    answers = probabilities.argmax(axis=1)
    right = answers == labels
    n, errors = len(labels), int((~right).sum())
    counts = confusion_matrix(labels, answers)
    confidence = probabilities.max(axis=1)
    bins = reliability_bins(confidence, right)
    undisputed = np.delete(right, list(disputed)) if disputed else None
    return Evaluation(
        n=n,
        errors=errors,
        accuracy=(n - errors) / n,
        interval=wilson_interval(n - errors, n),
        per_class=tuple(class_score(digit, counts[digit]) for digit in range(CLASSES)),
        confusion=tuple(tuple(row) for row in counts.tolist()),
        log_loss=log_loss(probabilities, labels),
        ece=expected_calibration_error(bins),
        reliability=bins,
        risk_coverage=risk_coverage(confidence, right),
        n_without_disputed=None if undisputed is None else len(undisputed),
        errors_without_disputed=None if undisputed is None else int((~undisputed).sum()),
        accuracy_without_disputed=(
            None if undisputed is None or not len(undisputed) else float(undisputed.mean())
        ),
    )


def checked_labels(labels: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """(N,) int64 labels; DataError unless there is at least one and all are whole digits."""
    array = np.asarray(labels)
    if array.ndim != 1 or not array.size or not np.issubdtype(array.dtype, np.integer):
        raise DataError(
            f"labels have shape {array.shape} and type {array.dtype}; "
            "expected at least one whole number in shape (N,)"
        )
    if array.min() < 0 or array.max() >= CLASSES:
        raise DataError(f"labels reach from {array.min()} to {array.max()}; expected 0 to 9")
    return array.astype(np.int64)


def checked_probabilities(probabilities: npt.ArrayLike, n: int) -> npt.NDArray[np.float64]:
    """(n, 10) float64 probabilities; ModelError unless they have that shape and rows sum to 1."""
    array = np.asarray(probabilities, dtype=np.float64)
    if array.shape != (n, CLASSES):
        raise ModelError(
            f"the model gives probabilities of shape {array.shape}; expected ({n}, {CLASSES})"
        )
    if not np.isfinite(array).all():
        raise ModelError("the model gives NaN or infinity; expected probabilities")
    sums = array.sum(axis=1)
    if array.min() < 0 or np.abs(sums - 1).max() > ROW_SUM_TOLERANCE:
        raise ModelError(
            f"the model's outputs sum to {sums.min():.3g} to {sums.max():.3g} per digit, smallest "
            f"{array.min():.3g}; expected probabilities (does its last layer lack a softmax?)"
        )
    return array


def confusion_matrix(
    labels: npt.NDArray[np.int64], answers: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """(10, 10) counts; row: given label, column: answer."""
    flat = np.bincount(labels * CLASSES + answers, minlength=CLASSES * CLASSES)
    return flat.reshape(CLASSES, CLASSES)


def class_score(digit: int, answered: npt.NDArray[np.int64]) -> ClassScore:
    """Score of one class from its row of the confusion matrix."""
    n, right = int(answered.sum()), int(answered[digit])
    wrong = answered.copy()
    wrong[digit] = 0
    count = int(wrong.max())
    return ClassScore(
        digit=digit,
        n=n,
        errors=n - right,
        accuracy=right / n if n else None,
        interval=wilson_interval(right, n) if n else None,
        taken_for=int(wrong.argmax()) if count else None,
        taken_for_count=count,
    )


def wilson_interval(successes: int, n: int) -> tuple[float, float]:
    """95 % score interval of a rate (Wilson 1927); 9,950 of 10,000 gives 0.9934 to 0.9962.

    Never leaves [0, 1] and always holds the rate, also for 0 or n successes.
    """
    if n <= 0 or not 0 <= successes <= n:
        raise ValueError(f"{successes} successes of {n}; expected 0 <= successes <= n, n > 0")
    z_squared = NORMAL_97_5**2
    rate, scale = successes / n, 1 + z_squared / n
    centre = (rate + z_squared / (2 * n)) / scale
    half = NORMAL_97_5 * math.sqrt(rate * (1 - rate) / n + z_squared / (4 * n * n)) / scale
    # at 0 and n one end equals the rate exactly, which rounding may miss
    return max(0.0, min(centre - half, rate)), min(1.0, max(centre + half, rate))


def log_loss(probabilities: npt.NDArray[np.float64], labels: npt.NDArray[np.int64]) -> float:
    """Mean of -ln p(label) in nats, p clipped at LOWEST_PROBABILITY."""
    given = probabilities[np.arange(len(labels)), labels]
    return float(np.log(1 / np.clip(given, LOWEST_PROBABILITY, 1)).mean())


def reliability_bins(
    confidence: npt.NDArray[np.float64], right: npt.NDArray[np.bool_]
) -> tuple[ReliabilityBin, ...]:
    """Mean confidence and accuracy in 15 bins of equal width over (0, 1].

    Source: Guo et al. 2017, "On Calibration of Modern Neural Networks", arXiv 1706.04599.
    """
    which = np.clip(np.ceil(confidence * BINS).astype(np.int64) - 1, 0, BINS - 1)
    n = np.bincount(which, minlength=BINS)
    confidence_sum = np.bincount(which, weights=confidence, minlength=BINS)
    right_sum = np.bincount(which, weights=right, minlength=BINS)
    return tuple(
        ReliabilityBin(
            low=i / BINS,
            high=(i + 1) / BINS,
            n=int(n[i]),
            confidence=float(confidence_sum[i] / n[i]) if n[i] else None,
            accuracy=float(right_sum[i] / n[i]) if n[i] else None,
        )
        for i in range(BINS)
    )


def expected_calibration_error(bins: Collection[ReliabilityBin]) -> float:
    """Mean absolute difference of confidence and accuracy per bin (Guo et al. 2017, eq. 3)."""
    total = sum(b.n for b in bins)
    return sum(
        b.n / total * abs(b.accuracy - b.confidence)
        for b in bins
        if b.accuracy is not None and b.confidence is not None
    )


def mcnemar(first_right: npt.NDArray[np.bool_], second_right: npt.NDArray[np.bool_]) -> McNemar:
    """Exact test whether two classifiers differ on the same digits; (N,) bool, True where right.

    If both are equally good, each digit that only one got right falls to either with probability
    1/2; p is the two-sided binomial probability of a split at least as uneven.
    Source: McNemar 1947, DOI 10.1007/BF02295996; exact form as in Dietterich 1998.
    """
    if first_right.shape != second_right.shape:
        raise ValueError(f"shapes {first_right.shape} and {second_right.shape}; expected the same")
    first = int((first_right & ~second_right).sum())
    second = int((second_right & ~first_right).sum())
    n = first + second
    ways = sum(math.comb(n, k) for k in range(min(first, second) + 1))
    return McNemar(
        only_first_right=first,
        only_second_right=second,
        both_wrong=int((~first_right & ~second_right).sum()),
        p=min(1.0, 2 * ways / 2**n),
    )
