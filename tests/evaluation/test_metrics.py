from __future__ import annotations

import json
import math
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from digits.errors import DataError, ModelError
from digits.evaluation.metrics import evaluate, mcnemar, wilson_interval

STEADY = settings(derandomize=True, deadline=None)


def sure_of(digits: list[int], confidence: float = 1.0) -> NDArray[np.float32]:
    """(N, 10) probabilities: `confidence` for the digit, the rest shared by the others."""
    rows = np.full((len(digits), 10), (1 - confidence) / 9, np.float32)
    rows[np.arange(len(digits)), digits] = confidence
    return rows


@st.composite
def answered(draw: st.DrawFn) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Any probabilities with any labels."""
    n = draw(st.integers(1, 60))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    sharpness = draw(st.sampled_from([0.02, 0.3, 5.0]))
    probabilities = random.dirichlet(np.full(10, sharpness), n).astype(np.float32)
    return probabilities, random.integers(0, 10, n).astype(np.uint8)


def test_four_digits_by_hand() -> None:
    found = evaluate(sure_of([3, 5, 5, 9], 0.91), [3, 3, 3, 9])

    assert (found.n, found.errors, found.accuracy) == (4, 2, 0.5)
    assert (found.confusion[3][3], found.confusion[3][5], found.confusion[9][9]) == (1, 2, 1)
    three = found.per_class[3]
    assert (three.n, three.errors, three.taken_for, three.taken_for_count) == (3, 2, 5, 2)
    assert three.accuracy == pytest.approx(1 / 3)
    assert found.log_loss == pytest.approx(-(math.log(0.91) + math.log(0.01)) / 2, rel=1e-5)
    assert found.ece == pytest.approx(0.91 - 0.5, abs=1e-6)
    assert [b.n for b in found.reliability] == [0] * 13 + [4, 0]


def test_a_class_without_digits_has_no_rate() -> None:
    absent = evaluate(sure_of([1]), [1]).per_class[0]

    assert (absent.n, absent.accuracy, absent.interval, absent.taken_for) == (0, None, None, None)


def test_a_certain_wrong_answer_costs_a_finite_log_loss() -> None:
    assert evaluate(sure_of([2]), [7]).log_loss == pytest.approx(15.94, abs=0.01)
    assert evaluate(sure_of([7]), [7]).log_loss == 0


def test_disputed_labels_count_in_all_figures_but_their_own() -> None:
    found = evaluate(sure_of([1, 2, 3, 4]), [1, 2, 5, 6], disputed=[2])

    assert found.errors == 2
    assert (found.n_without_disputed, found.errors_without_disputed) == (3, 1)
    assert found.accuracy_without_disputed == pytest.approx(2 / 3)
    assert evaluate(sure_of([1]), [1]).accuracy_without_disputed is None


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        (9950, 10_000, 0.99341, 0.99620),
        (0, 10, 0.0, 0.27753),
        (10, 10, 0.72247, 1.0),
        (5, 10, 0.23659, 0.76341),
    ],
)
def test_wilson_interval_agrees_with_published_values(
    successes: int, n: int, low: float, high: float
) -> None:
    assert wilson_interval(successes, n) == pytest.approx((low, high), abs=1e-5)


@STEADY
@given(st.integers(1, 10**7).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_interval_holds_the_rate(successes_of: tuple[int, int]) -> None:
    successes, n = successes_of
    low, high = wilson_interval(successes, n)

    assert 0 <= low <= successes / n <= high <= 1


def test_calibrated_answers_have_almost_no_calibration_error() -> None:
    random = np.random.default_rng(0)
    confidence = random.uniform(0.2, 1, 200_000)
    probabilities = np.repeat((1 - confidence[:, None]) / 9, 10, axis=1)
    probabilities[:, 4] = confidence
    labels = np.where(random.random(len(confidence)) < confidence, 4, 6)

    assert evaluate(probabilities, labels).ece < 0.01


@STEADY
@given(answered())
def test_counts_agree_with_each_other(case: tuple[NDArray[np.float32], NDArray[np.uint8]]) -> None:
    probabilities, labels = case
    found = evaluate(probabilities, labels)

    matrix = np.array(found.confusion)
    assert matrix.sum() == found.n == len(labels)
    assert matrix.trace() == found.n - found.errors
    assert sum(c.errors for c in found.per_class) == found.errors
    assert [c.n for c in found.per_class] == np.bincount(labels, minlength=10).tolist()
    assert sum(b.n for b in found.reliability) == found.n
    assert 0 <= found.ece <= 1
    assert found.log_loss >= 0


@STEADY
@given(answered(), st.randoms(use_true_random=False))
def test_the_order_of_the_digits_does_not_matter(
    case: tuple[NDArray[np.float32], NDArray[np.uint8]], shuffler: Random
) -> None:
    probabilities, labels = case
    order = list(range(len(labels)))
    shuffler.shuffle(order)

    one, other = evaluate(probabilities, labels), evaluate(probabilities[order], labels[order])
    assert one.confusion == other.confusion
    assert one.per_class == other.per_class
    assert one.risk_coverage == other.risk_coverage
    assert one.ece == pytest.approx(other.ece)
    assert one.log_loss == pytest.approx(other.log_loss)


def test_the_figures_survive_json() -> None:
    figures = evaluate(sure_of([1, 2]), np.array([1, 3], np.uint8), [0]).to_dict()

    again = json.loads(json.dumps(figures))
    assert again["per_class"][3]["taken_for"] == 2
    assert again["risk_coverage"]["curve"] == [{"coverage": 1, "risk": 0.5, "confidence": 1}]
    assert again["risk_coverage"]["kept"][0]["next_confidence"] == 1


@pytest.mark.parametrize(
    ("probabilities", "message"),
    [
        (np.ones((2, 10), np.float32), "sum to 10"),
        (np.zeros((2, 9), np.float32), r"shape \(2, 9\); expected \(2, 10\)"),
        (np.full((2, 10), np.nan, np.float32), "NaN"),
        (sure_of([1]), r"shape \(1, 10\); expected \(2, 10\)"),
        (np.tile([1.5, -0.5, *[0] * 8], (2, 1)), "smallest -0.5"),
    ],
    ids=["logits", "nine classes", "NaN", "too few", "negative"],
)
def test_answers_that_are_no_probabilities_are_refused(
    probabilities: NDArray[np.float32], message: str
) -> None:
    with pytest.raises(ModelError, match=message):
        evaluate(probabilities, [1, 2])


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([], "at least one"),
        ([1.0], "float64"),
        ([[1]], r"shape \(1, 1\)"),
        ([10], "to 10; expected 0 to 9"),
        ([-1], "from -1"),
    ],
)
def test_labels_that_are_none_are_refused(labels: list[object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        evaluate(sure_of([1]), np.array(labels))


def test_mcnemar_by_hand() -> None:
    first = np.array([True] * 6 + [False] * 3)
    second = np.array([False] * 5 + [True] * 2 + [False] * 2)

    found = mcnemar(first, second)

    assert (found.only_first_right, found.only_second_right, found.both_wrong) == (5, 1, 2)
    assert found.p == pytest.approx(2 * (1 + 6) / 2**6)


def test_mcnemar_of_equal_models_is_one() -> None:
    right = np.array([True, False])

    assert mcnemar(right, right).p == 1
    assert mcnemar(right, ~right).p == 1


def test_mcnemar_of_many_differences_does_not_overflow() -> None:
    right = np.ones(10_000, bool)

    assert mcnemar(right, ~right).p == 0
