from __future__ import annotations

import math
import re
from decimal import Decimal
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digits.io.result import Digit, Number
from digits.io.value import value_of
from digits.reading.totals import balanced


def number(*alternatives: tuple[str, float]) -> Number:
    """A number with these alternatives; its digits are those of the first."""
    text, confidence = alternatives[0]
    digits = []
    for character in re.findall("[0-9]", text):
        probabilities = np.full(10, 0.01, np.float32)
        probabilities[int(character)] = 0.91
        digits.append(Digit(int(character), 0.9, probabilities, (0, 0, 9, 9), 0.99, None))
    return Number(text, confidence, (0, 0, 9, 9), tuple(digits), alternatives)


def test_the_doubtful_number_is_found_by_the_total() -> None:
    parts = [number(("12", 0.99)), number(("37", 0.55), ("31", 0.4)), number(("5", 0.98))]
    settled, total = balanced(parts, number(("48", 0.97)))
    assert [each.text for each in settled] == ["12", "31", "5"]
    assert total.text == "48"
    assert [digit.digit for digit in settled[1].digits] == [3, 1]
    assert all(each.is_expected for each in [*settled, total])
    assert settled[1].confidence > 0.95


def test_the_total_may_be_the_doubtful_one() -> None:
    settled, total = balanced(
        [number(("12", 0.99)), number(("31", 0.99))], number(("48", 0.6), ("43", 0.3))
    )
    assert [each.text for each in settled] == ["12", "31"]
    assert total.text == "43"


def test_decimal_marks_and_minus_signs_count() -> None:
    parts = [number(("8,5", 0.9), ("85", 0.05)), number(("-3", 0.9), ("-8", 0.05))]
    settled, total = balanced(parts, number(("55", 0.5), ("5,5", 0.45)))
    assert [each.text for each in settled] == ["8,5", "-3"]
    assert total.text == "5,5"


def test_what_cannot_add_up_stays_and_is_marked() -> None:
    parts = [number(("12", 0.9)), number(("31", 0.9))]
    settled, total = balanced(parts, number(("99", 0.9)))
    assert [each.text for each in settled] == ["12", "31"]
    assert [each.confidence for each in settled] == [0.9, 0.9]
    assert [each.is_expected for each in [*settled, total]] == [False] * 3


def test_a_number_without_a_value_does_not_add_up() -> None:
    settled, total = balanced([number(("12.03.2024", 0.9))], number(("1", 0.9)))
    assert not settled[0].is_expected
    assert not total.is_expected


def test_a_long_column_is_weighed_at_once() -> None:
    rng = np.random.default_rng(0)
    values = rng.integers(10, 1000, 60).tolist()
    read = [number((str(v), 0.6), (str(v + 1), 0.3), (str(max(v - 7, 10)), 0.1)) for v in values]
    settled, total = balanced(read, number((str(sum(values)), 0.9)))
    assert total.is_expected
    assert sum(Decimal(each.text) for each in settled) == sum(values)


ALTERNATIVES = st.lists(
    st.tuples(st.integers(10, 15).map(str), st.floats(0.01, 0.3)),
    min_size=1,
    max_size=3,
    unique_by=lambda each: each[0],
).map(lambda some: number(*sorted(some, key=lambda each: -each[1])))


@given(st.lists(ALTERNATIVES, min_size=1, max_size=4), ALTERNATIVES)
def test_the_way_taken_is_the_likeliest_that_adds_up(parts: list[Number], total: Number) -> None:
    settled, end = balanced(parts, total)
    if not end.is_expected:
        return
    assert sum(Decimal(each.text) for each in settled) == Decimal(end.text)
    every = [*parts, total]
    ways = {}
    for way in product(*(each.alternatives for each in every)):
        values = [value_of(text) or Decimal(-1) for text, _ in way]
        if sum(values[:-1]) == values[-1]:
            ways[tuple(text for text, _ in way)] = math.prod(p for _, p in way)
    taken = tuple(each.text for each in [*settled, end])
    assert ways[taken] == pytest.approx(max(ways.values()))
    for place, each in enumerate([*settled, end]):
        share = sum(p for way, p in ways.items() if way[place] == each.text)
        assert each.confidence <= share / sum(ways.values()) + 1e-9
