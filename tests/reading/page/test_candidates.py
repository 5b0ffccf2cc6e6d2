"""Where a digit ends, by the detector and by its ink."""

from __future__ import annotations

import numpy as np
import pytest

from digits.reading.page.candidates import _seen_twice

SEEN = np.array([20.0, 10.0, 12.0, 30.0])


def test_sides_on_which_both_agree_lie_between_them() -> None:
    ink = SEEN + np.array([1.0, -2.0, -2.0, 3.0])
    assert _seen_twice(SEEN, ink) == pytest.approx((SEEN + ink) / 2)


def test_ink_that_runs_into_something_moves_only_the_other_sides() -> None:
    ink = np.array([21.0, 10.0, 30.0, 30.0])
    assert _seen_twice(SEEN, ink) == pytest.approx([20.5, 10, 11.5, 30])


def test_a_digit_in_pieces_is_as_large_as_it_was_found() -> None:
    assert _seen_twice(SEEN, np.array([20.0, 28.0, 6.0, 6.0])) == pytest.approx(SEEN)
