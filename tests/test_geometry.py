from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digits.geometry import quantile


@given(st.lists(st.integers(0, 99), min_size=1), st.floats(0, 1))
def test_it_is_one_of_the_values_and_as_many_are_below(values: list[int], share: float) -> None:
    found = quantile(values, share)
    assert found in values
    below = sum(value < found for value in values)
    above = sum(value > found for value in values)
    rank = share * (len(values) - 1)
    assert below <= rank + 0.5
    assert above <= len(values) - 1 - rank + 0.5


def test_of_a_picture_it_is_that_of_all_pixels() -> None:
    picture = np.arange(12, dtype=np.uint8).reshape(3, 4)
    assert [quantile(picture, share) for share in (0, 0.5, 1)] == pytest.approx([0, 6, 11], abs=1)
