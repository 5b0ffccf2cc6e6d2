"""Late fusion of three networks, and the prior of the page."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from digits.model.bundle import open_bundle, shipped_bundles
from digits.reading.page.fuse import (
    FEATURES,
    LIMIT,
    NETWORKS,
    Fused,
    adjust_prior,
    agreed_digits,
    features,
    fuse,
    near_digits,
    weights_of,
)
from digits.reading.page.recognise import Candidates

PARAMETERS = open_bundle().parameters.fuse
Networks = tuple[float, float, float, float]  # detector logit, three probabilities


def candidates(
    *networks: Networks,
    line: list[int] | None = None,
    column: list[float] | None = None,
    letter: list[float] | None = None,
) -> tuple[Candidates, NDArray[np.float32], NDArray[np.float32]]:
    """Candidates 40 pixels high that may be a 3, and what the classifier says of them."""
    count = len(networks)
    values = np.array(networks, np.float64).reshape(-1, 4)
    logits, recognised = np.full((count, 10), -5.0), np.full((count, 10), 1e-4)
    logits[:, 3], recognised[:, 3] = values[:, 0], values[:, 1]
    classified = np.repeat((1 - values[:, 2:3]) / 9, 10, axis=1)
    classified[:, 3] = values[:, 2]
    found = Candidates(
        np.tile(np.array([0, 0, 24, 40], np.float32), (count, 1)),
        logits.astype(np.float32),
        recognised,
        np.zeros(count) if letter is None else np.array(letter),
        np.zeros((count, 28, 28), np.uint8),
        np.ones(count),
        np.array(line or range(count), np.intp),
        np.array(column or [0.0] * count),
    )
    return found, classified.astype(np.float32), values[:, 3].astype(np.float32)


def three(*networks: Networks, **where: list[float]) -> float:
    """The probability that the first candidate is a 3, before the page's prior."""
    scores = features(*candidates(*networks, **where), PARAMETERS)[0] @ weights_of(PARAMETERS)
    raised = np.exp(scores)
    return float(raised[3] / (raised.sum() + 1))


@pytest.mark.parametrize("name", shipped_bundles())
def test_every_feature_has_a_weight(name: str) -> None:
    assert set(open_bundle(name).parameters.fuse.weights) == set(FEATURES)


def test_every_feature_has_a_column() -> None:
    assert features(*candidates((0, 0.5, 0.5, 0.5)), PARAMETERS).shape == (1, 10, len(FEATURES))


def test_what_all_networks_see_is_there() -> None:
    assert three((3.0, 0.99, 0.99, 0.95)) > 0.95


def test_what_only_the_classifier_sees_is_no_digit() -> None:
    assert three((-2.0, 1e-4, 0.99, 0.95)) < 0.3


@given(*[st.floats(-8, 8)] * 2, *[st.floats(0, 1)] * 3)
def test_a_higher_detection_makes_a_digit_more_probable(
    detector: float, more: float, recogniser: float, classifier: float, is_digit: float
) -> None:
    low, high = sorted((detector, more))
    less, greater = (three((logit, recogniser, classifier, is_digit)) for logit in (low, high))
    assert greater >= less - 1e-6


def test_a_doubtful_candidate_is_more_probable_beside_digits_than_among_letters() -> None:
    doubtful, digit, letter = (-0.5, 0.9, 0.9, 0.9), (4, 0.99, 0.99, 0.99), (-2, 0.01, 0.5, 0.1)
    line, column = [0] * 4, [0.0, 30.0, 60.0, 90.0]
    beside = three(doubtful, *[digit] * 3, line=line, column=column)
    among = three(doubtful, *[letter] * 3, line=line, column=column)
    assert among < beside


def test_digits_near_on_a_line_count_and_others_do_not() -> None:
    certain, doubtful = (2, 0.99, 0.9, 0.9), (-1, 0.1, 0.9, 0.9)
    column = [0.0, 30.0, 60.0, 90.0, 90.0]
    found, *_ = candidates(*[certain] * 3, *[doubtful] * 2, line=[0, 0, 0, 0, 1], column=column)
    agreed = agreed_digits(found)
    assert agreed.tolist() == [True, True, True, False, False]
    assert near_digits(found, agreed, PARAMETERS).tolist() == [
        2 / PARAMETERS.many,
        2 / PARAMETERS.many,
        2 / PARAMETERS.many,
        1,
        0,
    ]


def test_the_classifier_counts_where_it_agrees_with_the_others() -> None:
    doubtful = (0.5, 0.9, 0.99, 0.99)
    right, wrong = ((4.0, 0.99, sure, sure) for sure in (0.99, 0.01))
    assert three(doubtful, *[right] * 6) > three(doubtful, *[wrong] * 6) + 0.01


def on_page(*probabilities: float) -> NDArray[np.float32]:
    """Candidates of one size, adjusted to their page."""
    size = np.full(len(probabilities), 30, np.float32)
    return adjust_prior(np.array(probabilities), size, PARAMETERS)


def test_among_letters_a_digit_needs_more_evidence() -> None:
    alone, letters = on_page(0.55), on_page(0.55, *[0.02] * 100)
    assert letters[0] < 0.15 < 0.5 < alone[0]


def test_a_full_table_makes_no_digit_of_what_is_none() -> None:
    for count in (10, 100, 1000, 5000):
        assert on_page(0.3, *[1.0] * count)[0] == pytest.approx(0.3)


def test_a_thousand_faint_candidates_do_not_rule_out_the_clear_ones() -> None:
    page = on_page(*[0.9] * 500, *[0.1] * 500)
    assert page[0] > 0.5 > 0.1 > page[-1]


def test_specks_say_nothing_of_what_is_far_larger() -> None:
    probabilities, size = np.array([0.7] + [0.02] * 100), np.array([200] + [3] * 100)
    among = adjust_prior(probabilities, size.astype(np.float32), PARAMETERS)
    assert among[0] == pytest.approx(on_page(0.7)[0], abs=0.01)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_the_prior_keeps_the_order_of_candidates(probabilities: list[float]) -> None:
    after = on_page(*probabilities)
    assert ((after >= 0) & (after <= 1)).all()
    assert (np.diff(after[np.argsort(probabilities, kind="stable")]) >= -1e-6).all()


def test_nothing_on_a_page_stays_nothing() -> None:
    assert len(on_page()) == 0
    assert features(*candidates(), PARAMETERS).shape == (0, 10, len(FEATURES))


# The features, by name


def named(
    *networks: Networks, size: float = 40, **where: list[float]
) -> dict[str, NDArray[np.float64]]:
    """Each feature of a 3, (N,) at each candidate."""
    found, classified, is_digit = candidates(*networks, **where)
    found.boxes[:, 2:] = [0.6 * size, size]
    values = features(found, classified, is_digit, PARAMETERS)
    return {name: values[:, 3, index] for index, name in enumerate(FEATURES)}


def test_each_network_counts_by_its_log_odds() -> None:
    found = named((1.5, 0.9, 0.6, 0.7))
    expected = [1.5, np.log(9), np.log(0.6), np.log(0.7 / 0.3), 1]
    assert [float(found[name][0]) for name in NETWORKS] == pytest.approx(expected)
    assert found["best detection"] == 1.5


def test_certainty_counts_up_to_a_limit() -> None:
    high, low = named((50, 1, 1, 1)), named((-50, 0, 0, 0))
    for name in ("detector", "recogniser", "is_digit"):
        assert (high[name][0], low[name][0]) == pytest.approx((LIMIT, -LIMIT))
    assert low["classifier"] == pytest.approx(-LIMIT)


def test_the_coarser_a_digit_the_more_the_networks_count_as_on_coarse_digits() -> None:
    middle = (PARAMETERS.coarse + PARAMETERS.fine) / 2
    for size, part in ((PARAMETERS.coarse - 2, 1), (middle, 0.5), (PARAMETERS.fine + 2, 0)):
        found = named((1.5, 0.9, 0.6, 0.7), size=size)
        for name in NETWORKS:
            assert found[f"coarse {name}"] == pytest.approx(part * found[name], abs=1e-6)


def test_beside_digits_the_networks_count_as_near_digits() -> None:
    sure, doubtful = (2, 0.99, 0.9, 0.9), (-1, 0.1, 0.9, 0.9)
    found = named(sure, doubtful, line=[0, 0], column=[10.0, 40.0])
    for name in NETWORKS:
        assert found[f"near {name}"] == pytest.approx([0, found[name][1] / PARAMETERS.many])


def test_the_classifier_is_trusted_as_often_as_it_agrees() -> None:
    right, wrong = (4.0, 0.99, 0.99, 0.99), (4.0, 0.99, 0.01, 0.01)
    for networks, expected in ((right, 1), (wrong, PARAMETERS.min_trust)):
        found = named(*[networks] * 40)
        trust = found["trusted classifier"] / found["classifier"]
        assert trust == pytest.approx(expected, abs=0.05)
        assert (trust > 0.5).all()  # it is never left out
        assert found["trusted is_digit"] == pytest.approx(trust * found["is_digit"])


def test_detector_and_recogniser_have_to_agree() -> None:
    found, *_ = candidates((2, 0.9, 0, 0), (-0.1, 0.9, 0, 0), (2, 0.4, 0, 0))
    assert agreed_digits(found).tolist() == [True, False, False]
    found.recogniser[0, 3], found.recogniser[0, 5] = 0.1, 0.9  # another digit
    assert not agreed_digits(found)[0]


def test_candidates_of_like_size_are_counted() -> None:
    sure = (4.0, 0.99, 0.99, 0.99)
    assert named(sure)["inverse count"] == pytest.approx(1)
    assert named(*[sure] * 30)["inverse count"] == pytest.approx(1 / 30)


def test_letters_of_like_size_count_against_a_digit() -> None:
    digit = (0.5, 0.9, 0.9, 0.9)
    alone = named(digit, letter=[0.9])
    assert alone["letters"] == pytest.approx(0)  # its own does not count
    among = named(*[digit] * 41, letter=[0.1, *[0.9] * 40])["letters"]
    others, patience, prior = 40, PARAMETERS.patience, PARAMETERS.letter_prior
    assert among[0] == pytest.approx(others * (0.9 - prior) / (others + patience))
    assert three(*[digit] * 41, letter=[0.1, *[0.9] * 40]) < three(*[digit] * 41) - 0.1


class Fixed:
    """A classifier that answers what it was given."""

    def __init__(self, *answers: NDArray[np.float32]) -> None:
        self.answers = answers

    def classify(self, tiles: NDArray[np.uint8], *, tta: bool) -> tuple[NDArray[np.float32], ...]:
        return self.answers


def fused(*networks: Networks) -> tuple[Fused, NDArray[np.float64]]:
    """What is fused, and what would be without the prior of the page, (N,)."""
    found, *answers = candidates(*networks)
    classifier: Any = Fixed(*answers)
    scores = features(found, *answers, PARAMETERS) @ weights_of(PARAMETERS)
    total = np.exp(scores).sum(axis=1)
    return fuse(found, classifier, PARAMETERS), total / (total + 1)


def test_what_networks_say_is_adjusted_to_the_page() -> None:
    sure, letter = (4.0, 0.99, 0.99, 0.99), (-1.0, 0.05, 0.5, 0.3)
    letters, before = fused((0.5, 0.9, 0.9, 0.9), *[letter] * 60)
    assert letters.is_digit[0] < before[0] - 0.1
    table, before = fused((-1.0, 0.5, 0.5, 0.5), *[sure] * 60)
    assert table.is_digit[0] == pytest.approx(before[0])
    assert table.probabilities.argmax(axis=1).tolist() == [3] * 61
    np.testing.assert_allclose(table.probabilities.sum(axis=1), 1, atol=1e-5)


def test_a_page_of_nothing_but_letters_may_still_hold_a_digit() -> None:
    certain = on_page(0.9999, *[0.0] * 3000)
    assert certain[0] > 0.9
