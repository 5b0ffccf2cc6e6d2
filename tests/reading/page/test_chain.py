"""The candidates of a line as a chain: its marginals are those of all its states, counted out."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from digits.model.parameters import Chain
from digits.reading.page.chain import chained

probability = st.floats(0.001, 0.999)


def counted_out(
    is_digit: NDArray[np.float64], same_number: NDArray[np.float64], parameters: Chain
) -> NDArray[np.float64]:
    """The same marginals by the weights of all 2^N states."""
    own = parameters.own * np.log(is_digit / (1 - is_digit)) + parameters.bias
    total, found = 0.0, np.zeros(len(is_digit))
    for state in product((0, 1), repeat=len(is_digit)):
        digits = np.array(state)
        pairs = parameters.together * same_number @ (digits[1:] * digits[:-1])
        weight = float(np.exp(own @ digits + pairs))
        total += weight
        found += weight * digits
    return found / total


@given(
    st.lists(st.tuples(probability, st.floats(0, 1)), min_size=1, max_size=8),
    st.builds(Chain, st.floats(0.5, 2), st.floats(-2, 2), st.floats(-3, 3)),
)
def test_marginals_are_those_of_all_states(
    line: list[tuple[float, float]], parameters: Chain
) -> None:
    is_digit, same_number = np.array(line).T
    found = chained(is_digit, same_number[1:], parameters)
    expected = counted_out(is_digit, same_number[1:], parameters)
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_what_is_not_together_keeps_its_own_probability() -> None:
    is_digit = np.array([0.1, 0.5, 0.99, 0.3])
    apart = chained(is_digit, np.ones(3), Chain(own=1, bias=0, together=0))
    np.testing.assert_allclose(apart, is_digit)
    other_numbers = chained(is_digit, np.zeros(3), Chain(own=1, bias=0, together=2))
    np.testing.assert_allclose(other_numbers, is_digit)


def test_a_clear_neighbour_of_the_same_number_raises_a_doubtful_digit() -> None:
    parameters = Chain(own=1, bias=0, together=2)
    beside, apart, among = (
        chained(np.array([other, 0.4, other]), np.full(2, same), parameters)[1]
        for other, same in ((0.99, 1), (0.99, 0), (0.01, 1))
    )
    assert beside > 0.9
    assert apart == pytest.approx(0.4)
    assert among == pytest.approx(0.4, abs=0.05)


def test_a_line_read_backwards_is_the_same() -> None:
    rng = np.random.default_rng(0)
    is_digit, same_number = rng.random(30), rng.random(29)
    parameters = Chain(own=0.9, bias=0.3, together=1.5)
    there = chained(is_digit, same_number, parameters)
    back = chained(is_digit[::-1], same_number[::-1], parameters)
    np.testing.assert_allclose(there, back[::-1])


def test_certainty_and_an_empty_line_are_no_fault() -> None:
    parameters = Chain(own=1, bias=0, together=3)
    certain = chained(np.array([1.0, 0.0, 1.0]), np.ones(2), parameters)
    np.testing.assert_allclose(certain, [1, 0, 1], atol=1e-3)
    assert chained(np.zeros(0), np.zeros(0), parameters).shape == (0,)
