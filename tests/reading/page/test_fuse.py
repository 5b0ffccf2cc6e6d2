"""Three opinions on a place, and what follows from them."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from digits.io.result import Digit
from digits.reading.page.accept import _are_by_chance
from digits.reading.page.fuse import (
    LEAST_AROUND,
    MANY,
    USUAL,
    Opinions,
    on_this_page,
    pooled,
    surroundings,
)


def opinions(
    detector: float,
    recogniser: float,
    classifier: float,
    is_digit: float,
    *,
    company: float = 0.0,
    around: float = 0.0,
    alone: float = 0.1,
) -> Opinions:
    """Of one place at which a 3 may stand: logits and chances that it does."""
    logits, heard, likely = np.full((1, 10), -5.0), np.full((1, 10), 1e-4), np.full((1, 10), 0.0)
    logits[0, 3], heard[0, 3] = detector, recogniser
    likely[0] = (1 - classifier) / 9
    likely[0, 3] = classifier
    of_place, size = (np.array([value], np.float32) for value in (is_digit, 40))
    about = np.array([[company], [around], [alone]])
    return Opinions(
        logits.astype(np.float32), heard, likely.astype(np.float32), of_place, size, *about
    )


def test_what_all_see_is_there() -> None:
    probabilities, is_digit = pooled(opinions(3.0, 0.99, 0.99, 0.95))
    assert probabilities.argmax() == 3
    assert probabilities[0, 3] > 0.99
    assert is_digit[0] > 0.95


def test_what_only_looks_like_a_digit_is_none() -> None:
    _, is_digit = pooled(opinions(-2.0, 1e-4, 0.99, 0.95))
    assert is_digit[0] < 0.3


@given(*[st.floats(-8, 8)] * 2, *[st.floats(0, 1)] * 4, st.floats(-3, 3))
def test_whoever_grows_surer_makes_it_likelier(
    detector: float,
    more: float,
    recogniser: float,
    classifier: float,
    is_digit: float,
    company: float,
    around: float,
) -> None:
    low, high = sorted((detector, more))
    about = {"company": company, "around": around}
    less = pooled(opinions(low, recogniser, classifier, is_digit, **about))
    greater = pooled(opinions(high, recogniser, classifier, is_digit, **about))
    assert greater[0][0, 3] * greater[1][0] >= less[0][0, 3] * less[1][0] - 1e-6


def test_among_digits_a_doubtful_place_is_likelier_one() -> None:
    usual = pooled(opinions(-0.5, 0.9, 0.9, 0.9))[1]
    in_company = pooled(opinions(-0.5, 0.9, 0.9, 0.9, company=1.0))[1]
    among_letters = pooled(opinions(-0.5, 0.9, 0.9, 0.9, around=-2.0))[1]
    alone = pooled(opinions(-0.5, 0.9, 0.9, 0.9, alone=1.0))[1]
    assert among_letters < usual < min(alone, in_company)


def test_company_is_kept_on_a_line_and_among_places_of_like_size() -> None:
    """Three digits beyond doubt, a doubtful place beside them, another on a line of its own, and a
    speck far smaller."""
    detector, recogniser = np.full((6, 10), -5.0, np.float32), np.zeros((6, 10))
    detector[:3, 7], recogniser[:3, 7] = 2.0, 0.99
    line, along = np.array([0, 0, 0, 0, 1, 2]), np.array([0.0, 30.0, 60.0, 90.0, 90.0, 0.0])
    size = np.array([*[40] * 5, 2], np.float32)
    company, around, alone = surroundings(detector, recogniser, line, along, size)
    assert company.tolist() == pytest.approx([2 / MANY, 2 / MANY, 2 / MANY, 1, 0, 0])
    assert around[3] == around[4] > around[0]  # three of four others are digits, or two of four
    assert around[5] == pytest.approx(0, abs=1e-3)
    assert alone.tolist() == pytest.approx([1 / 5] * 5 + [1], abs=1e-3)


def test_where_no_place_is_beyond_doubt_little_follows_for_the_others() -> None:
    detector, recogniser = np.full((300, 10), -0.5, np.float32), np.full((300, 10), 0.05)
    places, size = np.arange(300), np.full(300, 20, np.float32)
    _, around, _ = surroundings(detector, recogniser, places, places * 1.0, size)
    assert (around == LEAST_AROUND).all()


def test_probabilities_sum_to_one_and_nothing_stays_nothing() -> None:
    probabilities, _ = pooled(opinions(0.0, 0.5, 0.5, 0.5))
    assert probabilities.sum() == pytest.approx(1, abs=1e-6)
    none = Opinions(*(np.zeros((0, 10)),) * 3, *(np.zeros(0),) * 5)  # type: ignore[arg-type]
    assert [len(part) for part in pooled(none)] == [0, 0]


def on_page(*chances: float) -> NDArray[np.float32]:
    """Of places of one size."""
    return on_this_page(np.array(chances, np.float32), np.full(len(chances), 30, np.float32))


def test_among_letters_a_digit_needs_more_to_be_one() -> None:
    alone, letters, table = on_page(0.7), on_page(0.7, *[0.02] * 100), on_page(0.7, *[0.99] * 100)
    assert letters[0] < 0.15 < alone[0] < table[0]
    assert table[0] > 0.75


def test_a_thousand_faint_places_do_not_talk_each_other_down() -> None:
    page = on_page(*[0.9] * 500, *[0.4] * 500)
    assert page[0] > 0.5 > 0.1 > page[-1]


def test_specks_say_nothing_of_what_is_far_larger() -> None:
    chances, size = np.array([0.7] + [0.02] * 100), np.array([200] + [3] * 100)
    among = on_this_page(chances.astype(np.float32), size.astype(np.float32))
    assert among[0] == pytest.approx(on_page(0.7)[0], abs=0.01)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_the_likelier_place_stays_the_likelier(chances: list[float]) -> None:
    after = on_page(*chances)
    assert ((after >= 0) & (after <= 1)).all()
    assert (np.diff(after[np.argsort(np.array(chances, np.float32), kind="stable")]) >= -1e-6).all()


def test_nothing_on_a_page_stays_nothing() -> None:
    assert len(on_page()) == 0
    assert 0 < USUAL < 1


def test_the_classifier_counts_where_it_sees_what_the_others_see() -> None:
    """Of a doubtful 3 it is sure, and among six places at which the others agree it is right, or
    is not."""
    chances = []
    for classifier in (0.99, 0.01):
        places = [opinions(0.5, 0.9, 0.99, 0.99)]
        places += [opinions(4.0, 0.99, classifier, classifier) for _ in range(6)]
        together = Opinions(
            *(
                np.concatenate([getattr(place, part.name) for place in places])
                for part in fields(Opinions)
            )
        )
        chances.append(pooled(together)[1][0])
    assert chances[0] > chances[1] + 0.02


@given(st.integers(1, 400))
def test_of_many_places_without_a_sure_one_none_is_a_digit(count: int) -> None:
    box, tile = (0, 0, 10, 20), np.zeros((28, 28), np.uint8)
    doubtful = Digit(3, 0.6, np.full(10, 0.1, np.float32), box, 0.6, tile)
    sure = replace(doubtful, confidence=0.98)
    assert not _are_by_chance([doubtful, sure], count)
    assert not _are_by_chance([], count)
    assert _are_by_chance([doubtful] * 3, count) == (count > 2)
    assert _are_by_chance([doubtful] * 5, count) == (count >= 100)
