from __future__ import annotations

import math
from itertools import islice, pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digits.io.alternatives import Choice, likeliest_first


def choices(odds: list[float]) -> list[Choice]:
    return [(str(k), each) for k, each in enumerate(sorted(odds, reverse=True))]


PLACES = st.lists(st.lists(st.floats(0.01, 1), min_size=1, max_size=4).map(choices), max_size=5)


@given(PLACES)
def test_every_way_comes_once_and_none_before_a_likelier_one(places: list[list[Choice]]) -> None:
    found = list(likeliest_first(places))
    every = {
        tuple(text for text, _ in way): math.prod(each for _, each in way)
        for way in product(*places)
    }
    assert sorted(way for way, _ in found) == sorted(every)
    ratios = [ratio for _, ratio in found]
    assert all(after <= before * (1 + 1e-9) for before, after in pairwise(ratios))
    first = math.prod(place[0][1] for place in places)
    for way, ratio in found:
        assert ratio == pytest.approx(every[way] / first)


def test_the_first_of_very_many_are_found_at_once() -> None:
    places = [[(str(k), 0.1) for k in range(10)]] * 500
    assert len(list(islice(likeliest_first(places), 5))) == 5


def test_a_choice_without_any_chance_comes_last() -> None:
    assert [way for way, _ in likeliest_first([[("7", 1.0), ("1", 0.0), ("2", 0.0)]])] == [
        ("7",),
        ("1",),
    ]
