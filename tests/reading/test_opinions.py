"""Three opinions on a place, and what follows from them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digits.reading.opinions import USUAL, Opinions, on_this_page, pooled


def opinions(finder: float, recogniser: float, classifier: float, is_digit: float) -> Opinions:
    """Of one place at which a 3 may stand: logits and chances that it does."""
    logits, heard, likely = np.full((1, 10), -5.0), np.full((1, 10), 1e-4), np.full((1, 10), 0.0)
    logits[0, 3], heard[0, 3] = finder, recogniser
    likely[0] = (1 - classifier) / 9
    likely[0, 3] = classifier
    of_place, size = (np.array([value], np.float32) for value in (is_digit, 40))
    return Opinions(logits.astype(np.float32), heard, likely.astype(np.float32), of_place, size)


def test_what_all_see_is_there() -> None:
    probabilities, is_digit = pooled(opinions(3.0, 0.99, 0.99, 0.95))
    assert probabilities.argmax() == 3
    assert probabilities[0, 3] > 0.99
    assert is_digit[0] > 0.97


def test_what_only_looks_like_a_digit_is_none() -> None:
    _, is_digit = pooled(opinions(-2.0, 1e-4, 0.99, 0.95))
    assert is_digit[0] < 0.3


@given(*[st.floats(-8, 8)] * 2, *[st.floats(0, 1)] * 3)
def test_whoever_grows_surer_makes_it_likelier(
    finder: float, more: float, recogniser: float, classifier: float, is_digit: float
) -> None:
    low, high = sorted((finder, more))
    less = pooled(opinions(low, recogniser, classifier, is_digit))
    greater = pooled(opinions(high, recogniser, classifier, is_digit))
    assert greater[0][0, 3] * greater[1][0] >= less[0][0, 3] * less[1][0] - 1e-6


def test_probabilities_sum_to_one_and_nothing_stays_nothing() -> None:
    probabilities, _ = pooled(opinions(0.0, 0.5, 0.5, 0.5))
    assert probabilities.sum() == pytest.approx(1, abs=1e-6)
    none = Opinions(*(np.zeros((0, 10)),) * 3, *(np.zeros(0),) * 2)  # type: ignore[arg-type]
    assert [len(part) for part in pooled(none)] == [0, 0]


def test_among_letters_a_digit_needs_more_to_be_one() -> None:
    alone = on_this_page(np.array([0.7], np.float32))[0]
    letters = on_this_page(np.array([0.7] + [0.02] * 100, np.float32))
    table = on_this_page(np.array([0.7] + [0.99] * 100, np.float32))
    assert letters[0] < 0.1 < alone < table[0]
    assert table[0] > 0.8


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_the_likelier_place_stays_the_likelier(chances: list[float]) -> None:
    before = np.array(chances, np.float32)
    after = on_this_page(before)
    assert ((after >= 0) & (after <= 1)).all()
    assert (np.diff(after[np.argsort(before, kind="stable")]) >= -1e-6).all()


def test_nothing_on_a_page_stays_nothing() -> None:
    assert len(on_this_page(np.zeros(0, np.float32))) == 0
    assert 0 < USUAL < 1
